-- The words of an event, and who said them where: those begin with a slash.
CREATE TABLE search_index (
    position INTEGER PRIMARY KEY,
    words TSVECTOR NOT NULL
);

-- Without fastupdate: nobody's search wades through what is still to be sorted in.
CREATE INDEX search_index_words ON search_index USING gin (words) WITH (fastupdate = off);
