UPDATE work_units
SET data = json_set(data, '$.status.ready.wait', json_object(
    'until', json_extract(data, '$.status.ready.wait.until'),
    'why', json_object('back_off', json_object('error', json_extract(data, '$.status.ready.wait.error')))))
WHERE json_extract(data, '$.status.ready.wait.error') IS NOT NULL;

DROP TABLE accounts;
