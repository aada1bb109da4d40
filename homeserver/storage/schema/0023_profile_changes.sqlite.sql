INSERT INTO profile_changes (user_id, field, position)
SELECT profiles.user_id, json_each.key, 0 FROM profiles, json_each(profiles.fields);
