-- `scope` says whose words these are and where they were said; homeserver/search/words.py makes both plain words.
CREATE VIRTUAL TABLE search_index USING fts5(scope, words, tokenize = 'ascii');
