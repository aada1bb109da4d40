-- What holds a NUL is left out: PostgreSQL could not read it.
INSERT INTO room_types (room, type)
SELECT current_state.room, events.json::json -> 'content' ->> 'type' FROM current_state
JOIN names ON names.id = current_state.type AND names.name = 'm.room.create'
JOIN events ON events.position = current_state.position
WHERE position('\u0000' in events.json) = 0 AND json_typeof(events.json::json -> 'content' -> 'type') = 'string';
