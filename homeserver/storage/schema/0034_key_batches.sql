-- One-time keys of one upload wait in one row: `count` records of `width` bytes, of which the first `taken` were
-- handed out. A record is {"algorithm:id": key}, filled up with spaces and ended by a comma.
CREATE TABLE one_time_key_batches (
    position INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    count INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    width INTEGER NOT NULL,
    keys BLOB NOT NULL
);

CREATE INDEX one_time_key_batches_by_device ON one_time_key_batches (user_id, device_id, algorithm, position);

-- Names that JSON would have to escape do not occur; their devices would upload new keys.
INSERT INTO one_time_key_batches (position, user_id, device_id, algorithm, count, taken, width, keys)
SELECT position, user_id, device_id, algorithm, 1, 0, length(record), record
FROM (
    SELECT position, user_id, device_id, algorithm,
        CAST('{"' || algorithm || ':' || key_id || '":' || key || '},' AS BLOB) AS record
    FROM one_time_keys
    WHERE replace(replace(algorithm || key_id, '"', ''), '\', '') = algorithm || key_id
        AND replace(key, '\', '') = key
) AS waiting;

DROP TABLE one_time_keys;
