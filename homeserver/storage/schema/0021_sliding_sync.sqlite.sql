INSERT INTO room_types (room, type)
SELECT current_state.room, json_extract(events.json, '$.content.type') FROM current_state
JOIN names ON names.id = current_state.type AND names.name = 'm.room.create'
JOIN events ON events.position = current_state.position
WHERE json_type(events.json, '$.content.type') = 'text';
