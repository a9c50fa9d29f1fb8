-- Accounts on which nobody is started. Without `until`, until somebody has logged in and the operator says so.
CREATE TABLE accounts (
    account TEXT PRIMARY KEY NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT,
    message TEXT NOT NULL
);

-- What one unit had met, and held for all of its agent, belongs to the account now.
INSERT OR REPLACE INTO accounts (account, since, until, message)
SELECT json_extract(data, '$.status.ready.wait.why.usage_limit.agent'), updated_at,
    json_extract(data, '$.status.ready.wait.until'), 'the allowance is used up'
FROM work_units
WHERE json_extract(data, '$.status.ready.wait.why.usage_limit.agent') IS NOT NULL
ORDER BY json_extract(data, '$.status.ready.wait.until');

INSERT OR REPLACE INTO accounts (account, since, until, message)
SELECT json_extract(data, '$.status.needs_attention.about.login.agent'), updated_at, NULL,
    json_extract(data, '$.status.needs_attention.reason')
FROM work_units
WHERE json_extract(data, '$.status.needs_attention.about.login.agent') IS NOT NULL;

-- The units themselves are ready.
UPDATE work_units
SET status = 'READY', data = json_set(data, '$.status', json('{"ready":{"wait":null}}'))
WHERE json_extract(data, '$.status.ready.wait.why.usage_limit.agent') IS NOT NULL
    OR json_extract(data, '$.status.needs_attention.about.login.agent') IS NOT NULL;

-- What is left to wait for is an error of the provider.
UPDATE work_units
SET data = json_set(data, '$.status.ready.wait', json_object(
    'until', json_extract(data, '$.status.ready.wait.until'),
    'error', json_extract(data, '$.status.ready.wait.why.back_off.error')))
WHERE json_extract(data, '$.status.ready.wait.why.back_off.error') IS NOT NULL;
