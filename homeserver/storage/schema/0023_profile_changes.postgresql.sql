INSERT INTO profile_changes (user_id, field, position)
SELECT user_id, json_object_keys(fields::json), 0 FROM profiles WHERE position('\u0000' in fields) = 0;
