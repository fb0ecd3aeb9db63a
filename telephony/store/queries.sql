-- name: record_call
-- Insert or update an interaction. It never moves backwards, and what has ended never changes again.
INSERT INTO interaction (
    interaction, node, channel, uniqueid, linkedid, did, caller, codec, state, lane, queue, arrived_at, queued_at,
    answered_at, ended_at, agent, attempt, outcome, offered_at, painted_at, rang_at, spans, direction, follows,
    verified, path
) VALUES (
    :interaction, :node, :channel, :uniqueid, :linkedid, :did, :caller, :codec, :state, :lane, :queue, :arrived_at,
    :queued_at, :answered_at, :ended_at, :agent, :attempt, :outcome, :offered_at, :painted_at, :rang_at, :spans,
    :direction, :follows, :verified, :path
)
ON CONFLICT (interaction) DO UPDATE SET
    node = excluded.node, channel = excluded.channel, uniqueid = excluded.uniqueid, linkedid = excluded.linkedid,
    codec = excluded.codec,
    state = excluded.state, lane = excluded.lane, queue = excluded.queue, queued_at = excluded.queued_at,
    answered_at = excluded.answered_at, ended_at = excluded.ended_at, agent = excluded.agent,
    attempt = excluded.attempt, outcome = excluded.outcome, offered_at = excluded.offered_at,
    painted_at = excluded.painted_at, rang_at = excluded.rang_at, spans = excluded.spans,
    verified = excluded.verified, path = excluded.path
WHERE interaction.outcome IS NULL AND (
    excluded.outcome IS NOT NULL
    OR excluded.attempt >= interaction.attempt
    AND (excluded.answered_at IS NOT NULL OR interaction.answered_at IS NULL)
)

-- name: interaction
-- One interaction.
SELECT * FROM interaction WHERE interaction = :interaction

-- name: open_interactions
-- Those without an outcome: what a server that died left behind.
SELECT * FROM interaction WHERE outcome IS NULL ORDER BY arrived_at, interaction

-- name: recent_interactions
-- The youngest first.
SELECT * FROM interaction ORDER BY arrived_at DESC, interaction LIMIT :most

-- name: last_call_of
-- How the last call from a number ended.
SELECT outcome FROM interaction
WHERE caller = :caller AND direction = 'in' AND outcome IS NOT NULL AND arrived_at >= :since
ORDER BY arrived_at DESC LIMIT 1

-- name: contacts_of
-- What has been with these numbers, the latest first, each with its ticket.
SELECT arrived_at, direction, queue, outcome, agent,
    (SELECT ticket FROM ticket_interaction WHERE ticket_interaction.interaction = interaction.interaction) AS ticket,
    (SELECT string_agg(text, E'\n' ORDER BY saved_at) FROM note
        WHERE note.interaction = interaction.interaction AND text <> '') AS note,
    (SELECT array_agg(code ORDER BY given_at) FROM disposition
        WHERE disposition.interaction = interaction.interaction AND code IS NOT NULL) AS dispositions,
    (SELECT min(mos_cq) FROM quality WHERE quality.interaction = interaction.interaction) AS mos
FROM interaction
WHERE caller = ANY(:phones) AND outcome IS NOT NULL
ORDER BY arrived_at DESC, interaction LIMIT :most

-- name: ended_of_channels
-- Which of these channels' interactions have their outcome.
SELECT uniqueid FROM interaction WHERE uniqueid = ANY(:uniqueids) AND outcome IS NOT NULL ORDER BY uniqueid

-- name: log_positions
-- How far each log of a node has been read.
SELECT log, file, bytes FROM log_position WHERE node = :node ORDER BY log

-- name: keep_log_position
-- Remember how far a log of a node has been read.
INSERT INTO log_position (node, log, file, bytes) VALUES (:node, :log, :file, :bytes)
ON CONFLICT (node, log) DO UPDATE SET file = excluded.file, bytes = excluded.bytes

-- name: record_decision
-- Why a caller went to an agent; the same decision twice is one.
INSERT INTO decision (interaction, agent, decided_at, rule, explanation, waiting)
VALUES (:interaction, :agent, :decided_at, :rule, :explanation, :waiting)
ON CONFLICT DO NOTHING

-- name: decisions_of
-- The decisions of an interaction, in order.
SELECT * FROM decision WHERE interaction = :interaction ORDER BY decided_at

-- name: ticket_of
-- The ticket of an interaction, with its complaint where it is one.
SELECT ticket.*, complaint.kind AS complaint, complaint.filed_at FROM ticket LEFT JOIN complaint USING (interaction)
WHERE sequence = (SELECT ticket FROM ticket_interaction WHERE interaction = :interaction)

-- name: open_ticket
-- Open a ticket unless the interaction has one, or the person an open one about it.
-- Its customer is whoever has the caller's number; the person is who has proven to be one, else that one, else the number.
INSERT INTO ticket (interaction, queue, subject, body, customer, about, opened_at)
SELECT :interaction, :queue, :subject, :body, customer, coalesce(verified, customer, caller) || '|' || :topic, :opened_at
FROM (SELECT) AS nothing
    LEFT JOIN interaction ON interaction = :interaction
    LEFT JOIN customer_phone ON e164 = caller
WHERE NOT EXISTS (SELECT FROM ticket_interaction WHERE ticket_interaction.interaction = :interaction)
ON CONFLICT DO NOTHING

-- name: enter_in_ticket
-- The interaction is part of its own ticket, else of the one that is open about it; another system is to be told.
WITH entered AS (
    INSERT INTO ticket_interaction (interaction, ticket, subject, body, entered_at)
    SELECT :interaction, sequence, :subject, :body, :entered_at FROM ticket
    WHERE interaction = :interaction OR (status <> 'closed' AND about = (
        SELECT coalesce(verified, customer, caller) || '|' || :topic
        FROM interaction LEFT JOIN customer_phone ON e164 = caller WHERE interaction = :interaction
    ))
    ORDER BY (interaction = :interaction) DESC LIMIT 1
    ON CONFLICT DO NOTHING RETURNING ticket, interaction, entered_at
)
INSERT INTO outbox (id, target, about, body, created_at, next_at)
SELECT name || '-' || interaction, name, ticket::text,
    json_build_object('ticket', ticket, 'entry', interaction)::text, entered_at, 0
FROM entered, ticket_system WHERE told
ON CONFLICT (id) DO NOTHING

-- name: set_ticket_status
-- The status of an interaction's ticket; two about the same thing are not open at once. Another system is to be told.
WITH changed AS (
    UPDATE ticket SET status = :status
    WHERE sequence = (SELECT ticket FROM ticket_interaction WHERE interaction = :interaction) AND status <> :status
        AND (:status = 'closed' OR NOT EXISTS (
            SELECT FROM ticket AS other
            WHERE other.about = ticket.about AND other.status <> 'closed' AND other.sequence <> ticket.sequence
        ))
    RETURNING sequence
)
INSERT INTO outbox (id, target, about, body, created_at, next_at)
SELECT name || '-status-' || gen_random_uuid(), name, sequence::text,
    json_build_object('ticket', sequence, 'status', :status)::text, extract(epoch FROM now()), 0
FROM changed, ticket_system WHERE told

-- name: untold_tickets
-- Tickets of this time of which nobody has been told, with who has called where, the oldest first.
SELECT ticket.interaction, sequence, status, caller, did, direction FROM ticket LEFT JOIN interaction USING (interaction)
WHERE told_at IS NULL AND opened_at >= :since AND opened_at <= :until ORDER BY opened_at, sequence LIMIT :most

-- name: ticket_told
-- Somebody was told of a ticket, or nobody is to be; no row where that was so already.
UPDATE ticket SET told_at = :at WHERE interaction = :interaction AND told_at IS NULL RETURNING sequence

-- name: ticket_interactions
-- What a ticket has taken in, in order.
SELECT * FROM ticket_interaction WHERE ticket = (SELECT ticket FROM ticket_interaction WHERE interaction = :interaction)
ORDER BY entered_at, interaction

-- name: listed_tickets
-- Tickets, the youngest first: of a status, of a queue, of these queues and of none, or one.
SELECT sequence, ticket.interaction, subject, status, queue, ticket.customer, opened_at, complaint.kind AS complaint,
    (SELECT count(*) FROM ticket_interaction WHERE ticket_interaction.ticket = sequence) AS entries,
    greatest(
        opened_at,
        (SELECT max(entered_at) FROM ticket_interaction WHERE ticket_interaction.ticket = sequence),
        (SELECT max(at) FROM ticket_change WHERE ticket_change.ticket = sequence)
    ) AS changed_at,
    (SELECT there FROM ticket_there JOIN ticket_system ON name = system
     WHERE ticket_there.ticket = sequence AND told) AS there
FROM ticket LEFT JOIN complaint USING (interaction)
WHERE (:status::text IS NULL OR status = :status) AND (:queue::text IS NULL OR queue = :queue)
AND (:queues::text[] IS NULL OR queue IS NULL OR queue = ANY(:queues))
AND (:sequence::bigint IS NULL OR sequence = :sequence)
ORDER BY sequence DESC LIMIT :most

-- name: ticket_messages
-- What customers were written about a ticket: messages of these ids, and letters of its complaint.
SELECT target AS way, split_part(id, '-', 1) AS about, created_at AS made_at, sent_at, dead_at
FROM outbox WHERE id = ANY(:ids)
UNION ALL
SELECT way, act AS about, made_at, coalesce(sent_at, entered_at), dead_at
FROM complaint_letter LEFT JOIN outbox USING (id) WHERE interaction = :interaction
ORDER BY made_at, about

-- name: open_tickets_of
-- A customer's tickets that are not closed, the youngest first.
-- Each with its complaint where it is one, and with where
-- it is in another system and what was last written there.
SELECT ticket.*, complaint.kind AS complaint, complaint.filed_at,
    (SELECT there FROM ticket_there JOIN ticket_system ON name = system
     WHERE ticket_there.ticket = sequence AND told) AS there,
    (SELECT comment FROM ticket_change WHERE ticket_change.ticket = sequence AND comment <> ''
     ORDER BY at DESC, change DESC LIMIT 1) AS word
FROM ticket LEFT JOIN complaint USING (interaction)
WHERE ticket.customer = :customer AND status <> 'closed' ORDER BY sequence DESC

-- name: record_quality
-- How one direction of a leg sounded; a later word on it replaces an earlier one.
INSERT INTO quality (
    interaction, leg, direction, codec, loss_ratio, jitter_ms, rtt_ms, delay_ms, r_factor, mos_cq, mos_lq, scale,
    source, ungrounded_reason, mos_worst_10s, worst_at, verdict, trunk
) VALUES (
    :interaction, :leg, :direction, :codec, :loss_ratio, :jitter_ms, :rtt_ms, :delay_ms, :r_factor, :mos_cq, :mos_lq,
    :scale, :source, :ungrounded_reason, :mos_worst_10s, :worst_at, :verdict, :trunk
)
ON CONFLICT (interaction, leg, direction) DO UPDATE SET
    codec = excluded.codec, loss_ratio = excluded.loss_ratio, jitter_ms = excluded.jitter_ms,
    rtt_ms = excluded.rtt_ms, delay_ms = excluded.delay_ms, r_factor = excluded.r_factor, mos_cq = excluded.mos_cq,
    mos_lq = excluded.mos_lq, scale = excluded.scale, source = excluded.source,
    ungrounded_reason = excluded.ungrounded_reason, mos_worst_10s = excluded.mos_worst_10s,
    worst_at = excluded.worst_at, verdict = excluded.verdict, trunk = excluded.trunk

-- name: quality_of
-- All that is known of how an interaction sounded.
SELECT * FROM quality WHERE interaction = :interaction ORDER BY leg, direction

-- name: record_quality_interval
-- How one direction of a leg sounded for some ten seconds; what knows more of the same ten seconds replaces it.
INSERT INTO quality_interval (
    interaction, leg, direction, starts_at, seconds, trunk, codec, clock_rate_hz, scale, source, packets_expected,
    packets_lost, loss_ratio, late_ratio, jitter_ms, delay_ms, mos_lq, mos_cq, r_factor, verdict, verdicts,
    capture_drops
) VALUES (
    :interaction, :leg, :direction, :starts_at, :seconds, :trunk, :codec, :clock_rate_hz, :scale, :source,
    :packets_expected, :packets_lost, :loss_ratio, :late_ratio, :jitter_ms, :delay_ms, :mos_lq, :mos_cq, :r_factor,
    :verdict, :verdicts, :capture_drops
)
ON CONFLICT (interaction, leg, direction, starts_at) DO UPDATE SET
    seconds = excluded.seconds, trunk = excluded.trunk, codec = excluded.codec, clock_rate_hz =
    excluded.clock_rate_hz, scale = excluded.scale, source = excluded.source, packets_expected =
    excluded.packets_expected, packets_lost = excluded.packets_lost, loss_ratio = excluded.loss_ratio, late_ratio =
    excluded.late_ratio, jitter_ms = excluded.jitter_ms, delay_ms = excluded.delay_ms, mos_lq = excluded.mos_lq,
    mos_cq = excluded.mos_cq, r_factor = excluded.r_factor, verdict = excluded.verdict, verdicts =
    excluded.verdicts, capture_drops = excluded.capture_drops

-- name: quality_intervals_of
-- How an interaction sounded over its time.
SELECT * FROM quality_interval WHERE interaction = :interaction ORDER BY starts_at, leg, direction

-- name: quality_by_trunk
-- How calls have sounded on each trunk since a time, by scale.
SELECT trunk, scale, sum(seconds) AS seconds,
    coalesce(sum(seconds) FILTER (WHERE verdict = 'bad' OR verdicts && ARRAY['one_way_audio', 'no_media']), 0) AS bad_s,
    avg(mos_lq) AS mos_lq
FROM quality_interval WHERE starts_at >= :from_at AND trunk IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2

-- name: quality_over_time
-- How calls of a time sounded, by step of time, trunk, leg, direction and scale.
SELECT floor(starts_at / :step::float8) * :step AS at, trunk, leg, direction, scale, sum(seconds) AS seconds,
    coalesce(sum(seconds) FILTER (WHERE verdict = 'bad' OR verdicts && ARRAY['one_way_audio', 'no_media']), 0) AS bad_s,
    coalesce(sum(seconds) FILTER (
        WHERE verdict = 'degraded' AND NOT verdicts && ARRAY['one_way_audio', 'no_media']
    ), 0) AS degraded_s,
    avg(mos_lq) AS mos_lq, sum(packets_expected)::bigint AS packets_expected, sum(packets_lost)::bigint AS packets_lost,
    avg(jitter_ms) AS jitter_ms, avg(delay_ms) AS delay_ms
FROM quality_interval WHERE starts_at >= :from_at AND starts_at < :to_at
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5

-- name: quality_spread
-- How many intervals of a time have a figure between which edges.
SELECT scale, width_bucket(value, :edges::float8[]) AS bin, count(*) AS intervals
FROM (
    SELECT scale, CASE :measure::text
        WHEN 'mos' THEN mos_lq WHEN 'loss' THEN loss_ratio WHEN 'late' THEN late_ratio
        WHEN 'jitter' THEN jitter_ms WHEN 'delay' THEN delay_ms
    END AS value
    FROM quality_interval
    WHERE starts_at >= :from_at AND starts_at < :to_at AND (:trunk::text IS NULL OR trunk = :trunk)
) AS measured
WHERE value IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2

-- name: worst_calls
-- Calls of a time, those with the longest bad time first, with all that was found wrong.
WITH found AS (
    SELECT interaction, min(starts_at) AS begun_at, max(starts_at + seconds) AS ended_at, max(trunk) AS trunk,
        coalesce(sum(seconds) FILTER (
            WHERE verdict = 'bad' OR verdicts && ARRAY['one_way_audio', 'no_media']
        ), 0) AS bad_s,
        min(mos_lq) FILTER (WHERE scale = 'nb') AS mos_nb, min(mos_lq) FILTER (WHERE scale = 'wb') AS mos_wb,
        min(mos_lq) FILTER (WHERE scale = 'fb') AS mos_fb, max(loss_ratio) AS loss_most,
        max(jitter_ms) AS jitter_most_ms
    FROM quality_interval WHERE starts_at >= :from_at AND starts_at < :to_at
    GROUP BY interaction HAVING :trunk::text IS NULL OR bool_or(trunk = :trunk)
    ORDER BY bad_s DESC, mos_nb NULLS LAST, interaction LIMIT :most
)
SELECT found.*, queue, ARRAY(
    SELECT DISTINCT each FROM quality_interval, unnest(verdicts) AS each
    WHERE quality_interval.interaction = found.interaction AND starts_at >= :from_at AND starts_at < :to_at
    ORDER BY each
) AS verdicts
FROM found LEFT JOIN interaction USING (interaction) ORDER BY bad_s DESC, mos_nb NULLS LAST, interaction

-- name: customer_of_call
-- Whose call it was: who has proven to be somebody, else whose number it is.
SELECT coalesce(verified, customer) AS customer FROM interaction LEFT JOIN customer_phone ON e164 = caller
WHERE interaction = :interaction

-- name: scored_legs
-- How the legs of calls that arrived in a time sounded, those after one, in order.
SELECT arrived_at, answered_at, ended_at, node, queue, outcome, quality.*
FROM interaction JOIN quality USING (interaction)
WHERE arrived_at < :to_at
    AND (arrived_at, interaction, leg, quality.direction) > (:after_at::float8, :after, :after_leg, :after_direction)
    AND (:trunk::text IS NULL OR EXISTS (
        SELECT FROM quality AS caller WHERE caller.interaction = quality.interaction AND caller.trunk = :trunk
    ))
ORDER BY arrived_at, interaction, leg, quality.direction LIMIT :most

-- name: add_customer
-- Insert or replace a customer.
INSERT INTO customer (number, name, folded, address, services, since, accessibility)
VALUES (:number, :name, :folded, :address, :services, :since, :accessibility)
ON CONFLICT (number) DO UPDATE SET
    name = excluded.name, folded = excluded.folded, address = excluded.address, services = excluded.services, since = excluded.since,
    accessibility = excluded.accessibility

-- name: add_phone
-- Give a customer a number; a number has one customer.
INSERT INTO customer_phone (e164, reversed, customer) VALUES (:e164, reverse(ltrim(:e164, '+')), :customer)
ON CONFLICT (e164) DO UPDATE SET customer = excluded.customer

-- name: customer_by_phone
-- The customer who has this number.
SELECT customer.*, phones.all_of AS phones FROM customer_phone
JOIN customer ON number = customer_phone.customer
CROSS JOIN LATERAL (SELECT array_agg(e164 ORDER BY e164) FROM customer_phone WHERE customer = number) AS phones (all_of)
WHERE e164 = :e164

-- name: customer_by_number
-- The customer of this customer number.
SELECT customer.*, phones.all_of AS phones FROM customer
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(e164 ORDER BY e164), '{}') FROM customer_phone WHERE customer = number
) AS phones (all_of)
WHERE number = :number

-- name: customers_by_digits
-- Customers one of whose numbers ends in these digits (`low`: them backwards, `high`: one past the last such number).
-- MATERIALIZED, because the planner would rather walk through everybody in order than through the few that are found.
WITH found AS MATERIALIZED (
    SELECT DISTINCT customer FROM customer_phone WHERE reversed ~>=~ :low AND reversed ~<~ :high
    ORDER BY customer LIMIT :most
)
SELECT customer.*, phones.all_of AS phones FROM found JOIN customer ON number = found.customer
CROSS JOIN LATERAL (SELECT array_agg(e164 ORDER BY e164) FROM customer_phone WHERE customer = number) AS phones (all_of)
ORDER BY number

-- name: customers_by_name
-- Customers one of whose names begins with each of these words (`low` and `high` bound the longest of them).
WITH found AS MATERIALIZED (
    SELECT DISTINCT number FROM customer_word JOIN customer ON number = customer_word.customer
    WHERE word ~>=~ :low AND word ~<~ :high
        AND NOT EXISTS (SELECT FROM unnest(:words::text[]) AS begins WHERE strpos(folded, ' ' || begins) = 0)
    ORDER BY number LIMIT :most
)
SELECT customer.*, phones.all_of AS phones FROM found JOIN customer USING (number)
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(e164 ORDER BY e164), '{}') FROM customer_phone WHERE customer = number
) AS phones (all_of)
ORDER BY number

-- name: forget_words
-- Before a customer's name is entered anew.
DELETE FROM customer_word WHERE customer = :customer

-- name: add_word
-- A word of a customer's name.
INSERT INTO customer_word (word, customer) VALUES (:word, :customer) ON CONFLICT DO NOTHING

-- name: add_contract
-- Insert or replace it.
INSERT INTO contract (number, customer, services, since, until, monthly)
VALUES (:number, :customer, :services, :since, :until, :monthly)
ON CONFLICT (number) DO UPDATE SET
    customer = excluded.customer, services = excluded.services, since = excluded.since, until = excluded.until,
    monthly = excluded.monthly

-- name: contracts_of
-- A customer's contracts, the youngest first.
SELECT number, services, since, until, monthly FROM contract WHERE customer = :customer ORDER BY since DESC, number

-- name: add_device
-- Insert or replace it.
INSERT INTO device (serial, customer, kind, model) VALUES (:serial, :customer, :kind, :model)
ON CONFLICT (customer, serial) DO UPDATE SET kind = excluded.kind, model = excluded.model

-- name: devices_of
-- What a customer has of ours.
SELECT kind, model, serial FROM device WHERE customer = :customer ORDER BY kind, serial

-- name: add_invoice
-- Insert or replace it.
INSERT INTO invoice (number, customer, amount, due, paid) VALUES (:number, :customer, :amount, :due, :paid)
ON CONFLICT (number) DO UPDATE SET
    customer = excluded.customer, amount = excluded.amount, due = excluded.due, paid = excluded.paid

-- name: invoices_of
-- A customer's last invoices, the youngest first.
SELECT number, amount, due, paid FROM invoice WHERE customer = :customer ORDER BY due DESC NULLS LAST, number DESC
LIMIT :most

-- name: add_customer_account
-- What a customer may be told about money and line; a later word replaces an earlier one.
INSERT INTO customer_account (
    customer, balance, balance_due, invoice, invoice_amount, invoice_due, invoice_paid, line_state, line_since,
    line_repair
) VALUES (
    :customer, :balance, :balance_due, :invoice, :invoice_amount, :invoice_due, :invoice_paid, :line_state, :line_since,
    :line_repair
)
ON CONFLICT (customer) DO UPDATE SET
    balance = excluded.balance, balance_due = excluded.balance_due, invoice = excluded.invoice,
    invoice_amount = excluded.invoice_amount, invoice_due = excluded.invoice_due,
    invoice_paid = excluded.invoice_paid, line_state = excluded.line_state, line_since = excluded.line_since,
    line_repair = excluded.line_repair

-- name: customer_account
-- What a customer may be told about money and line.
SELECT * FROM customer_account WHERE customer = :customer

-- name: request_callback
-- A call that was promised; one for each number, and the earlier one stays.
INSERT INTO callback_request (
    interaction, queue, lane, number, shown, first_arrival, requested_at, call_back, purpose, state, attempts, next_at,
    done_at
) VALUES (
    :interaction, :queue, :lane, :number, :shown, :first_arrival, :requested_at, :call_back, :purpose, :state,
    :attempts, :next_at, :done_at
)
ON CONFLICT DO NOTHING

-- name: record_callback
-- Where a call-back stands now; what is done stays done.
UPDATE callback_request SET state = :state, attempts = :attempts, next_at = :next_at, done_at = :done_at
WHERE call_back = :call_back AND done_at IS NULL

-- name: open_callbacks
-- Whom we have still to call, the first to arrive first; where the call has its outcome, only the note of it was lost.
SELECT * FROM callback_request WHERE done_at IS NULL AND NOT EXISTS (
    SELECT FROM interaction WHERE interaction.interaction = call_back AND outcome IS NOT NULL
)
ORDER BY first_arrival, call_back

-- name: open_callback_count
-- How many are still to be called.
SELECT count(*) AS open FROM callback_request WHERE done_at IS NULL

-- name: callback_of
-- The call that is promised to a number.
SELECT * FROM callback_request WHERE number = :number AND done_at IS NULL

-- name: file_complaint
-- A complaint, filed once.
INSERT INTO complaint (interaction, kind, customer, elements, filed_at)
VALUES (:interaction, :kind, :customer, :elements, :filed_at)
ON CONFLICT (interaction) DO NOTHING

-- name: complaint_of
-- The complaint of an interaction.
SELECT * FROM complaint WHERE interaction = :interaction

-- name: record_survey_answer
-- What a caller answered; the first answer stands.
INSERT INTO survey_answer (interaction, survey, value, answered_at)
VALUES (:interaction, :survey, :value, :answered_at)
ON CONFLICT (interaction, survey) DO NOTHING

-- name: survey_answers_of
-- What a caller answered.
SELECT * FROM survey_answer WHERE interaction = :interaction ORDER BY survey

-- name: set_pin
-- A customer's PIN, as a hash.
INSERT INTO customer_pin (customer, pin_hash, set_at) VALUES (:customer, :pin_hash, :set_at)
ON CONFLICT (customer) DO UPDATE SET pin_hash = excluded.pin_hash, set_at = excluded.set_at

-- name: pin_of
-- The hash of a customer's PIN.
SELECT pin_hash FROM customer_pin WHERE customer = :customer

-- name: add_account
-- Insert or replace a person who may log in.
INSERT INTO account (login, display_name, password_hash, endpoint, skills, role, departments, disabled_at)
VALUES (:login, :display_name, :password_hash, :endpoint, :skills, :role, :departments, :disabled_at)
ON CONFLICT (login) DO UPDATE SET
    display_name = excluded.display_name, password_hash = excluded.password_hash, endpoint = excluded.endpoint,
    skills = excluded.skills, role = excluded.role, departments = excluded.departments,
    disabled_at = excluded.disabled_at

-- name: account_by_login
-- A person who may log in.
SELECT * FROM account WHERE login = :login

-- name: accounts
-- Everyone who may log in.
SELECT * FROM account ORDER BY login

-- name: set_password
-- A new password; the sessions end by themselves.
UPDATE account SET password_hash = :password_hash WHERE login = :login

-- name: set_disabled
-- From when on somebody may not log in (NULL: may again); the sessions end by themselves.
UPDATE account SET disabled_at = :disabled_at WHERE login = :login

-- name: remove_account
-- The end of an account; what its person did stays.
DELETE FROM account WHERE login = :login

-- name: second_factor
-- The secret of somebody's app, encrypted.
SELECT secret FROM second_factor WHERE login = :login

-- name: add_second_factor
-- Somebody proves log-ins with an app from now on; nothing where that is so already, or the account is gone.
INSERT INTO second_factor (login, secret, last_step, enrolled_at)
SELECT login, :secret, :last_step, :enrolled_at FROM account WHERE login = :login
ON CONFLICT (login) DO NOTHING
RETURNING login

-- name: use_step
-- A code was used: no row where it, or a later one, had been used before, whoever asks at the same time.
UPDATE second_factor SET last_step = :step WHERE login = :login AND last_step < :step RETURNING login

-- name: remove_second_factor
-- The end of an app and of its codes on paper.
DELETE FROM second_factor WHERE login = :login RETURNING login

-- name: add_recovery_code
-- One code on paper.
INSERT INTO recovery_code (login, mac) VALUES (:login, :mac)

-- name: use_recovery_code
-- One was used: no row where it is not known, or was used before.
UPDATE recovery_code SET used_at = :used_at WHERE login = :login AND mac = :mac AND used_at IS NULL RETURNING login

-- name: remove_recovery_codes
-- The end of all of them, used or not.
DELETE FROM recovery_code WHERE login = :login

-- name: recovery_codes_left
-- How many are still good.
SELECT count(*) AS left FROM recovery_code WHERE login = :login AND used_at IS NULL

-- name: open_session
-- Somebody has logged in, unless the account is another one meanwhile.
INSERT INTO session (key, login, created_at, used_at, proven_at, address, browser)
SELECT :key, login, :created_at, :used_at, :proven_at, :address, :browser FROM account
WHERE login = :login AND password_hash = :password_hash AND disabled_at IS NULL
FOR SHARE
RETURNING key

-- name: sessions
-- Everyone who is logged in.
SELECT * FROM session ORDER BY created_at, key

-- name: sessions_of
-- Where somebody is logged in.
SELECT * FROM session WHERE login = :login ORDER BY created_at, key

-- name: keep_session
-- When a session was used last, and when its person was proven to be there.
UPDATE session SET used_at = greatest(used_at, :used_at), proven_at = greatest(proven_at, :proven_at) WHERE key = :key

-- name: end_sessions
-- Log-out of these.
DELETE FROM session WHERE key = ANY(:keys)

-- name: end_sessions_of
-- Log-out everywhere.
DELETE FROM session WHERE login = :login

-- name: end_old_sessions
-- Those not used since, or begun before.
DELETE FROM session WHERE used_at < :used_before OR created_at < :created_before

-- name: look_of
-- How somebody wants pages to look.
SELECT look FROM account_look WHERE login = :login

-- name: keep_look
-- Insert or replace it.
INSERT INTO account_look (login, look) VALUES (:login, :look)
ON CONFLICT (login) DO UPDATE SET look = excluded.look

-- name: alive
-- The server that leads the calls lives.
INSERT INTO last_alive (at) VALUES (:at) ON CONFLICT (one) DO UPDATE SET at = excluded.at

-- name: last_alive
-- When a server last did.
SELECT at FROM last_alive

-- name: version
-- The server's own version.
SELECT current_setting('server_version') AS version

-- name: role
-- As whom we are logged in.
SELECT session_user::text AS role

-- name: keep_message
-- Something another system is to be told; the same id is the same message.
INSERT INTO outbox (id, target, body, created_at, attempts, next_at, recipient)
VALUES (:id, :target, :body, :created_at, :attempts, :next_at, :recipient)
ON CONFLICT (id) DO NOTHING

-- name: open_messages
-- What a receiver has not taken yet, in order.
SELECT id, target, body, created_at, attempts, next_at, recipient FROM outbox
WHERE target = :target AND sent_at IS NULL AND dead_at IS NULL
ORDER BY created_at, id LIMIT :most

-- name: claim_messages
-- Due ones, each on its own, for whoever asks: nobody else gets them before `until`.
UPDATE outbox SET next_at = :until WHERE id IN (
    SELECT id FROM outbox WHERE target = :target AND sent_at IS NULL AND dead_at IS NULL AND next_at <= :now
    ORDER BY next_at, id LIMIT :most FOR UPDATE SKIP LOCKED
)
RETURNING id, target, body, created_at, attempts, next_at, recipient

-- name: messages_lately
-- How many have gone to an address since then, and how many this way since then.
SELECT
    (SELECT count(*) FROM outbox WHERE recipient = :recipient AND created_at >= :since) AS to_one,
    (SELECT count(*) FROM outbox
        WHERE target = :target AND recipient <> '' AND created_at >= :lately) AS to_all

-- name: message_sent
-- It was taken.
UPDATE outbox SET sent_at = :at WHERE id = :id

-- name: message_failed
-- It was not taken, and why; with `dead_at` it is put aside.
UPDATE outbox SET attempts = attempts + 1, next_at = :next_at, why = :why, dead_at = :dead_at WHERE id = :id

-- name: dead_messages
-- What was put aside, the latest first.
SELECT id, target, created_at, attempts, why, dead_at FROM outbox WHERE dead_at IS NOT NULL
ORDER BY dead_at DESC, id LIMIT :most

-- name: retry_messages
-- Send these again (null: all) that were put aside, and how many those are.
-- What is about a ticket may have been done
-- all the same, and is looked for first.
WITH again AS (
    UPDATE outbox SET dead_at = NULL, attempts = CASE WHEN about = '' THEN 0 ELSE 1 END, next_at = :at
    WHERE dead_at IS NOT NULL AND (:ids::text[] IS NULL OR id = ANY(:ids)) RETURNING 1
)
SELECT count(*) AS again FROM again

-- name: keep_note
-- What a consultant has written down of a call; no row where another text of this revision or a later one is kept.
INSERT INTO note (interaction, agent, text, revision, saved_at)
VALUES (:interaction, :agent, :text, :revision, :saved_at)
ON CONFLICT (interaction, agent) DO UPDATE
SET text = excluded.text, revision = excluded.revision, saved_at = excluded.saved_at
WHERE note.revision < excluded.revision OR (note.revision = excluded.revision AND note.text = excluded.text)
RETURNING revision

-- name: note_of
-- A consultant's note of a call.
SELECT text, revision, saved_at FROM note WHERE interaction = :interaction AND agent = :agent

-- name: begin_recording_pause
-- The recording of a call is paused from now on, unless it is already.
INSERT INTO recording_pause (interaction, agent, reason, from_at)
SELECT :interaction, :agent, :reason, :from_at
WHERE NOT EXISTS (SELECT FROM recording_pause WHERE interaction = :interaction AND to_at IS NULL)

-- name: end_recording_pause
-- The recording of a call goes on.
UPDATE recording_pause SET to_at = :to_at WHERE interaction = :interaction AND to_at IS NULL

-- name: recording_pauses
-- When the recording of a call was paused, in order.
SELECT interaction, agent, reason, from_at, to_at FROM recording_pause
WHERE interaction = :interaction ORDER BY from_at

-- name: pauses_of_talk
-- The same of a talk that was handed over: of this call and of those that followed it, in order.
WITH RECURSIVE talk (interaction) AS (
    SELECT :interaction UNION SELECT next.interaction FROM interaction next JOIN talk ON next.follows = talk.interaction
)
SELECT interaction, agent, reason, from_at, to_at FROM recording_pause JOIN talk USING (interaction) ORDER BY from_at

-- name: add_recording
-- A recording lies in the vault.
INSERT INTO recording (name, interaction, kind, begun_at, duration_s, sealed_at)
VALUES (:name, :interaction, :kind, :begun_at, :duration_s, :sealed_at)
ON CONFLICT (name) DO NOTHING

-- name: remove_recording
-- A recording is no more in the vault.
DELETE FROM recording WHERE name = :name

-- name: old_recordings
-- Recordings that began before a time, after another of them, the oldest first.
SELECT * FROM recording WHERE begun_at < :before AND (begun_at, name) > (:after_at, :after) ORDER BY begun_at, name
LIMIT :most

-- name: recording_names
-- Of every recording there is a row of.
SELECT name FROM recording ORDER BY name

-- name: recordings
-- Recordings of an interaction, a ticket, or a time, the latest first, with what tells them apart.
SELECT recording.*, interaction.queue, agent, entered.ticket, coalesce(ticket.customer, customer_phone.customer) AS customer
FROM recording LEFT JOIN interaction USING (interaction)
LEFT JOIN ticket_interaction entered USING (interaction) LEFT JOIN ticket ON sequence = entered.ticket
LEFT JOIN customer_phone ON e164 = caller
WHERE (:name::text IS NULL OR recording.name = :name) AND begun_at >= :from_at AND begun_at < :to_at
AND (:interaction::text IS NULL OR recording.interaction = :interaction)
AND (:ticket::bigint IS NULL OR entered.ticket = :ticket)
ORDER BY begun_at DESC, recording.name LIMIT :most

-- name: record_disposition
-- What came of an agent's part of a call, or that it is owed; what was given is never owed again.
INSERT INTO disposition (interaction, agent, queue, owed_at, code, given_at)
VALUES (:interaction, :agent, :queue, :owed_at, :code, :given_at)
ON CONFLICT (interaction, agent) DO UPDATE SET code = excluded.code, given_at = excluded.given_at
WHERE excluded.code IS NOT NULL AND (disposition.given_at IS NULL OR disposition.given_at <= excluded.given_at)

-- name: owed_dispositions
-- What no agent has given yet, the oldest first.
SELECT * FROM disposition WHERE code IS NULL ORDER BY owed_at, interaction, agent

-- name: dispositions_of
-- What came of a call, by agent.
SELECT * FROM disposition WHERE interaction = :interaction ORDER BY owed_at, agent

-- name: article_revisions
-- Which articles are there, and of which text.
SELECT id, revision FROM article

-- name: remove_article
-- Its file has gone.
DELETE FROM article WHERE id = :id

-- name: keep_article
-- Insert or replace an article; its words come as stems.
INSERT INTO article (id, title, language, queues, nodes, keywords, body, revision, search)
VALUES (
    :id, :title, :language, :queues, :nodes, :keywords, :body, :revision,
    setweight(to_tsvector('simple', CAST(:title_stems AS text)), 'A')
    || setweight(to_tsvector('simple', CAST(:keyword_stems AS text)), 'B')
    || setweight(to_tsvector('simple', CAST(:body_stems AS text)), 'D')
)
ON CONFLICT (id) DO UPDATE SET
    title = excluded.title, language = excluded.language, queues = excluded.queues, nodes = excluded.nodes,
    keywords = excluded.keywords, body = excluded.body, revision = excluded.revision, search = excluded.search

-- name: article
-- One article.
SELECT * FROM article WHERE id = :id

-- name: search_articles
-- Articles that have what is wanted (a tsquery of stems), the best first; those of the caller's queue count for more.
SELECT id, title, language, queues, nodes, keywords, body
FROM article, to_tsquery('simple', CAST(:wanted AS text)) AS wanted (query)
WHERE search @@ query
ORDER BY ts_rank(search, query, 1) * CASE WHEN :queue = ANY(queues) THEN 1.5 ELSE 1 END DESC, id LIMIT :most

-- name: suggested_articles
-- Articles of the places a caller has come by, the last place first; then those of the queue.
SELECT id, title, language, queues, nodes, keywords, body FROM article
CROSS JOIN LATERAL (
    SELECT max(array_position(CAST(:path AS text[]), node)) AS place FROM unnest(nodes) AS node
) AS last_of
WHERE place IS NOT NULL OR :queue = ANY(queues)
ORDER BY place DESC NULLS LAST, (:queue = ANY(queues)) DESC, id LIMIT :most

-- name: record_article_use
-- What a consultant did with an article in a call; the last time counts.
INSERT INTO article_use (article, agent, interaction, use, at) VALUES (:article, :agent, :interaction, :use, :at)
ON CONFLICT (article, agent, interaction, use) DO UPDATE SET at = excluded.at

-- name: article_uses
-- In how many calls each article had each use.
SELECT article, use, count(*) AS calls FROM article_use WHERE at >= :since GROUP BY article, use ORDER BY article, use

-- name: lock_audit
-- Nobody else adds to the audit until the end of the transaction.
SELECT pg_advisory_xact_lock(4573002)

-- name: audit_head
-- The last line's number and seal.
SELECT sequence, seal FROM audit ORDER BY sequence DESC LIMIT 1

-- name: audit_known
-- Which of these are written already.
SELECT id FROM audit WHERE id = ANY(:ids)

-- name: add_audit
-- One more line.
INSERT INTO audit (sequence, id, at, actor, act, subject, fields, why, seal)
VALUES (:sequence, :id, :at, :actor, :act, :subject, :fields, :why, :seal)

-- name: audit_lines
-- The audit after this line, in order.
SELECT * FROM audit WHERE sequence > :after ORDER BY sequence LIMIT :most

-- name: audit_of
-- What stands in the audit of a person, of somebody's doings, or both (null: anybody), the latest first.
SELECT * FROM audit
WHERE (:subject::text IS NULL OR subject = :subject) AND (:actor::text IS NULL OR actor = :actor) AND at >= :since
ORDER BY sequence DESC LIMIT :most

-- name: complaints
-- Complaints with the numbers of their tickets, those of which something is owed first, the oldest first.
SELECT complaint.*, ticket FROM complaint LEFT JOIN ticket_interaction USING (interaction)
ORDER BY over_at IS NOT NULL, filed_at, interaction LIMIT :most

-- name: open_complaints
-- Likewise, of which something is owed.
SELECT complaint.*, ticket FROM complaint LEFT JOIN ticket_interaction USING (interaction)
WHERE over_at IS NULL ORDER BY filed_at, interaction LIMIT :most

-- name: due_complaints
-- Those that are to be looked at today.
SELECT complaint.*, ticket FROM complaint LEFT JOIN ticket_interaction USING (interaction)
WHERE over_at IS NULL AND look_on <= :today ORDER BY look_on, interaction LIMIT :most

-- name: look_at_complaint
-- When it is to be looked at next, by these rules; never: null.
UPDATE complaint SET look_on = coalesce(CAST(:next AS date), 'infinity'), look_rules = :rules
WHERE interaction = :interaction

-- name: look_anew
-- Those whose next look was reckoned by other rules, some at a time, and how many that were.
WITH other AS (
    UPDATE complaint SET look_on = '-infinity', look_rules = :rules WHERE interaction IN (
        SELECT interaction FROM complaint WHERE over_at IS NULL AND look_rules <> :rules LIMIT :most
    ) RETURNING 1
)
SELECT count(*) AS anew FROM other

-- name: complaint
-- A complaint with the number of its ticket.
SELECT complaint.*, ticket FROM complaint LEFT JOIN ticket_interaction USING (interaction)
WHERE interaction = :interaction

-- name: complaint_steps
-- What has become of these, in order.
SELECT * FROM complaint_step WHERE interaction = ANY(:interactions) ORDER BY interaction, number

-- name: take_complaint_step
-- One more step; nobody has taken one with this number.
INSERT INTO complaint_step (interaction, number, act, at, taken_on, actor, facts)
VALUES (:interaction, :number, :act, :at, :taken_on, :actor, :facts)

-- name: complete_complaint
-- Elements that were missing when it was filed.
UPDATE complaint SET elements = elements || :elements WHERE interaction = :interaction

-- name: complaint_over
-- Nothing is owed any more; null: something is again.
UPDATE complaint SET over_at = :at WHERE interaction = :interaction

-- name: undecided_tickets
-- Closed tickets about which it is not decided whether their people are asked how it was; not those of visits and trunks.
SELECT sequence AS ticket, ticket.queue, ticket.customer, caller,
    (SELECT array_agg(e164 ORDER BY e164) FROM customer_phone WHERE customer_phone.customer = ticket.customer) AS phones
FROM ticket LEFT JOIN interaction USING (interaction)
WHERE status = 'closed' AND opened_at >= :since
    AND NOT EXISTS (SELECT FROM survey_invitation WHERE survey_invitation.ticket = sequence)
    AND NOT EXISTS (SELECT FROM appointment WHERE id = ticket.interaction)
    AND NOT EXISTS (SELECT FROM trunk_incident WHERE id = ticket.interaction)
ORDER BY sequence LIMIT :most

-- name: last_asked
-- When one of these (customer numbers, E.164) was last asked by a link, or has answered on the keypad.
SELECT max(at) AS at FROM (
    SELECT decided_at AS at FROM survey_invitation
    WHERE why = 'asked' AND (customer = ANY(:people) OR phone = ANY(:people))
    UNION ALL SELECT survey_answer.answered_at FROM survey_answer JOIN interaction USING (interaction)
    WHERE caller = ANY(:people)
) AS asked

-- name: objections
-- Who of these (customer numbers, E.164) does not want to be asked.
SELECT customer, phone FROM survey_objection WHERE customer = ANY(:people) OR phone = ANY(:people)

-- name: object_to_surveys
-- Somebody does not want to be asked any more.
INSERT INTO survey_objection (customer, phone, at) VALUES (:customer, :phone, :at) ON CONFLICT DO NOTHING

-- name: allow_surveys
-- Somebody may be asked again.
DELETE FROM survey_objection WHERE :person IN (customer, phone) RETURNING at

-- name: decide_survey
-- What was decided about a ticket; no row where it had been before.
INSERT INTO survey_invitation (ticket, customer, phone, queue, why, decided_at, key, expires_at)
VALUES (:ticket, :customer, :phone, :queue, :why, :decided_at, :key, :expires_at)
ON CONFLICT DO NOTHING RETURNING ticket

-- name: survey_invitation
-- A link by its token's hash, while it is good and not used.
SELECT ticket, customer, phone, queue, why, decided_at, key, expires_at FROM survey_invitation
WHERE key = :key AND answered_at IS NULL AND expires_at > :now

-- name: answer_survey
-- What was answered by a link, once; no row where it is used or too old.
UPDATE survey_invitation SET answered_at = :at, nps = :nps, csat = :csat, comment = :comment
WHERE key = :key AND answered_at IS NULL AND expires_at > :at RETURNING ticket

-- name: survey_scores
-- How often each answer was given, by department, by keypad and link together.
SELECT survey, queue, value, count(*) AS answers FROM (
    SELECT survey, queue, value, survey_answer.answered_at FROM survey_answer LEFT JOIN interaction USING (interaction)
    UNION ALL SELECT 'nps', queue, nps, answered_at FROM survey_invitation WHERE nps IS NOT NULL
    UNION ALL SELECT 'csat', queue, csat, answered_at FROM survey_invitation WHERE csat IS NOT NULL
) AS answer
WHERE answered_at >= :from_at AND answered_at < :to_at
GROUP BY survey, queue, value ORDER BY survey, queue NULLS LAST, value

-- name: survey_links
-- How many links were sent in a time, and how many of them have been answered since.
SELECT count(*) AS sent, count(*) FILTER (WHERE nps IS NOT NULL OR csat IS NOT NULL OR comment <> '') AS answered
FROM survey_invitation
WHERE why = 'asked' AND decided_at >= :from_at AND decided_at < :to_at

-- name: survey_comments
-- What was written, the latest first.
SELECT queue, comment FROM survey_invitation
WHERE answered_at >= :from_at AND answered_at < :to_at AND comment <> ''
ORDER BY answered_at DESC, ticket LIMIT :most

-- name: digest_dispositions
-- What came of talks most often, by department.
SELECT queue, code, count(*) AS calls FROM disposition
WHERE given_at >= :from_at AND given_at < :to_at AND code IS NOT NULL
GROUP BY queue, code ORDER BY calls DESC, queue, code LIMIT :most

-- name: digest_places
-- The last place in the menu of those who called, the most frequent first.
SELECT path[array_upper(path, 1)] AS place, count(*) AS calls FROM interaction
WHERE direction = 'in' AND arrived_at >= :from_at AND arrived_at < :to_at AND cardinality(path) > 0
GROUP BY place ORDER BY calls DESC, place LIMIT :most

-- name: digest_articles
-- Articles that were opened in calls of that time and did not help.
-- That is: the same number called again within `again_s`, a bad score, or the consultant said so.
SELECT opened.article, coalesce(title, opened.article) AS title, count(*) AS opened,
    count(*) FILTER (WHERE called_again) AS called_again, count(*) FILTER (WHERE bad) AS scored_badly,
    count(*) FILTER (WHERE said) AS said_so
FROM (
    SELECT DISTINCT article, interaction FROM article_use
    WHERE use = 'opened' AND interaction <> '' AND at >= :from_at AND at < :to_at
) AS opened
JOIN interaction USING (interaction)
LEFT JOIN article ON article.id = opened.article
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM interaction AS later
        WHERE later.caller = interaction.caller AND later.direction = 'in' AND later.follows IS NULL
            AND later.arrived_at > coalesce(interaction.ended_at, interaction.arrived_at)
            AND later.arrived_at <= coalesce(interaction.ended_at, interaction.arrived_at) + :again_s
    ) AS called_again, EXISTS (
        SELECT FROM survey_answer WHERE survey_answer.interaction = interaction.interaction
            AND value <= CASE survey WHEN 'csat' THEN 2 ELSE 6 END
    ) OR EXISTS (
        SELECT FROM survey_invitation JOIN ticket_interaction USING (ticket)
        WHERE ticket_interaction.interaction = interaction.interaction AND (csat <= 2 OR nps <= 6)
    ) AS bad, EXISTS (
        SELECT FROM article_use AS told
        WHERE told.article = opened.article AND told.interaction = opened.interaction AND use = 'did_not_help'
    ) AS said
) AS became
GROUP BY opened.article, title
HAVING bool_or(called_again OR bad OR said)
ORDER BY count(*) FILTER (WHERE called_again OR bad OR said) DESC, opened DESC, opened.article LIMIT :most

-- name: load_appointment
-- A visit to be called about; no row where its reference is known.
INSERT INTO appointment (
    id, reference, number, day, begins, place, language, loaded_at, state, attempts, next_at, call, done_at
) VALUES (
    :id, :reference, :number, :day, :begins, :place, :language, :loaded_at, :state, :attempts, :next_at, :call, :done_at
)
ON CONFLICT DO NOTHING RETURNING id

-- name: due_appointments
-- Visits of which something is to be done now, those that are soonest first.
SELECT * FROM appointment WHERE state = 'open' AND (next_at <= :now OR day <= :today)
ORDER BY day, begins, reference LIMIT :most

-- name: keep_appointment
-- Where a visit stands now; no row where it has been settled or tried meanwhile.
UPDATE appointment SET state = :state, attempts = :attempts, next_at = :next_at, call = :call, done_at = :done_at
WHERE id = :id AND state = 'open' AND attempts = :tried RETURNING id

-- name: appointment_of_call
-- The visit that a call is about.
SELECT * FROM appointment WHERE call = :call

-- name: appointment_by_reference
-- The visit of this reference.
SELECT * FROM appointment WHERE reference = :reference

-- name: appointments
-- Visits with the numbers of their tickets, those to be called about first, the soonest first.
SELECT appointment.*, (SELECT ticket FROM ticket_interaction WHERE interaction = id) AS ticket FROM appointment
ORDER BY state <> 'open', CASE WHEN state = 'open' THEN day END, CASE WHEN state = 'open' THEN begins END,
    done_at DESC, reference LIMIT :most

-- name: give_ticket_a_customer
-- Whose a ticket is that no call has opened: the customer's who has this number.
UPDATE ticket SET customer = (SELECT customer FROM customer_phone WHERE e164 = :number)
WHERE interaction = :interaction AND customer IS NULL

-- name: enter_in_ticket_of
-- One more entry in the ticket that another interaction is part of; another system is to be told.
WITH entered AS (
    INSERT INTO ticket_interaction (interaction, ticket, subject, body, entered_at)
    SELECT :interaction, ticket, :subject, :body, :entered_at FROM ticket_interaction WHERE interaction = :of
    ON CONFLICT DO NOTHING RETURNING ticket, interaction, entered_at
)
INSERT INTO outbox (id, target, about, body, created_at, next_at)
SELECT name || '-' || interaction, name, ticket::text,
    json_build_object('ticket', ticket, 'entry', interaction)::text, entered_at, 0
FROM entered, ticket_system WHERE told
ON CONFLICT (id) DO NOTHING

-- name: told_tickets
-- From now on this system is told of tickets, and no other (an empty name: none).
INSERT INTO ticket_system (name, told)
SELECT name, name = :name FROM (SELECT name FROM ticket_system UNION SELECT :name) AS known WHERE name <> ''
ON CONFLICT (name) DO UPDATE SET told = excluded.told

-- name: claim_ticket_messages
-- The first of each matter that is due, taken for a while: whoever comes meanwhile takes others.
-- What was put aside holds back what comes after it about the same.
WITH due AS (
    SELECT id FROM outbox
    WHERE target = :target AND about <> '' AND sent_at IS NULL AND dead_at IS NULL AND next_at <= :at
        AND sequence = (
            SELECT min(before.sequence) FROM outbox AS before
            WHERE before.target = outbox.target AND before.about = outbox.about AND before.sent_at IS NULL
                AND before.about <> ''
        )
    ORDER BY sequence LIMIT :most FOR UPDATE SKIP LOCKED
)
UPDATE outbox SET attempts = attempts + 1, next_at = :until FROM due WHERE outbox.id = due.id
RETURNING outbox.id, body, created_at, attempts

-- name: put_off_message
-- It was not taken, and why; with `dead_at` it is put aside.
UPDATE outbox SET attempts = :attempts, next_at = :next_at, why = :why, dead_at = :dead_at WHERE id = :id

-- name: waiting_messages
-- By receiver: how many wait, since when, and why the first of them was not taken.
SELECT target, count(*) AS waiting, min(created_at) AS since,
    (SELECT why FROM outbox AS first
     WHERE first.target = outbox.target AND first.sent_at IS NULL AND first.dead_at IS NULL
     ORDER BY first.sequence LIMIT 1) AS why
FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL GROUP BY target ORDER BY target

-- name: ticket_to_tell
-- A ticket with its caller and with where it is in this system.
SELECT ticket.*, caller, there, ticket_there.status AS status_there FROM ticket
    LEFT JOIN interaction USING (interaction)
    LEFT JOIN ticket_there ON ticket = sequence AND system = :system
WHERE sequence = :sequence

-- name: keep_ticket_there
-- Where a ticket is in another system, and the status that both know.
INSERT INTO ticket_there (ticket, system, there, status) VALUES (:ticket, :system, :there, :status)
ON CONFLICT (system, ticket) DO UPDATE SET there = excluded.there, status = excluded.status

-- name: ticket_from_there
-- The ticket that is this one in another system.
SELECT ticket.*, there, ticket_there.status AS status_there FROM ticket_there JOIN ticket ON sequence = ticket
WHERE system = :system AND there = :there

-- name: keep_ticket_change
-- Something that happened to a ticket in another system; whether it is new.
INSERT INTO ticket_change (system, change, ticket, at, actor, status, comment)
VALUES (:system, :change, :ticket, :at, :actor, :status, :comment) ON CONFLICT DO NOTHING RETURNING ticket

-- name: set_status_from_there
-- The status of a ticket as another system has set it, which is not told again; two about one matter are not open.
UPDATE ticket SET status = :status
WHERE sequence = :ticket AND status <> :status AND (:status = 'closed' OR NOT EXISTS (
    SELECT FROM ticket AS other
    WHERE other.about = ticket.about AND other.status <> 'closed' AND other.sequence <> ticket.sequence
))

-- name: ticket_changes
-- What has happened to an interaction's ticket in other systems, in order.
SELECT * FROM ticket_change WHERE ticket = (SELECT ticket FROM ticket_interaction WHERE interaction = :interaction)
ORDER BY at, change

-- name: ticket_mark
-- How far the changes of a system have been read.
SELECT mark FROM ticket_system WHERE name = :name

-- name: keep_ticket_mark
-- The changes of a system have been read so far.
UPDATE ticket_system SET mark = :mark WHERE name = :name

-- name: enter_person_request
-- What a person asks for.
INSERT INTO privacy_request (id, kind, subject, number, note, received_on, due_on, entered_by)
VALUES (:id, :kind, :subject, :number, :note, :received_on, :due_on, :entered_by)

-- name: person_requests
-- Those without an answer first, the most urgent first.
SELECT * FROM privacy_request ORDER BY answer IS NOT NULL, due_on, id LIMIT :most

-- name: extend_person_request
-- The person was told why it takes longer; once.
UPDATE privacy_request SET due_on = :due_on, extended_why = :why
WHERE id = :id AND answer IS NULL AND extended_why = '' RETURNING id

-- name: answer_person_request
-- The person has the answer.
UPDATE privacy_request SET answer = :answer, answered_on = :answered_on, answered_by = :answered_by
WHERE id = :id AND answer IS NULL RETURNING id

-- name: place_hold
-- Nothing of this person is erased or forgotten.
INSERT INTO privacy_hold (id, subject, numbers, reason, placed_at, placed_by, until)
VALUES (:id, :subject, :numbers, :reason, :placed_at, :placed_by, :until)

-- name: holds
-- All of them, the latest first.
SELECT * FROM privacy_hold ORDER BY placed_at DESC, id LIMIT :most

-- name: release_hold
-- It ends; who is meant is not told any more.
UPDATE privacy_hold SET released_at = :at, released_by = :by, numbers = '{}'
WHERE id = :id AND released_at IS NULL RETURNING id

-- name: begin_erasure
-- Somebody is erased.
INSERT INTO privacy_erasure (id, subjects, actor, begun_at, wanted)
VALUES (:id, :subjects, :actor, :begun_at, :wanted)

-- name: open_erasures
-- Those that were begun and are not done, the oldest first.
SELECT * FROM privacy_erasure WHERE done_at IS NULL ORDER BY begun_at, id

-- name: erasures
-- All of them, the latest first.
SELECT * FROM privacy_erasure ORDER BY begun_at DESC, id LIMIT :most

-- name: erasures_with_kept_calls
-- Those of which the law has kept calls.
SELECT * FROM privacy_erasure WHERE done_at IS NOT NULL AND kept_calls <> '{}' ORDER BY begun_at, id

-- name: keep_erasure_counts
-- How much is gone so far.
UPDATE privacy_erasure SET counts = :counts WHERE id = :id

-- name: keep_erasure_calls
-- Which calls the law still keeps.
UPDATE privacy_erasure SET kept_calls = :calls WHERE id = :id

-- name: end_erasure
-- It is done; who is meant is not told any more.
UPDATE privacy_erasure SET done_at = :done_at, receipt = :receipt, kept_calls = :calls, wanted = NULL WHERE id = :id

-- name: keep_letter
-- A letter as it is sent; nobody has written one of this id.
INSERT INTO complaint_letter (id, interaction, act, way, recipient, text, actor, made_at, entered_at)
VALUES (:id, :interaction, :act, :way, :recipient, :text, :actor, :made_at, :entered_at)

-- name: letters_of
-- The letters of a complaint in order, and what became of their messages.
SELECT complaint_letter.*, sent_at, dead_at, why, outbox.id IS NOT NULL AS kept
FROM complaint_letter LEFT JOIN outbox USING (id) WHERE interaction = :interaction ORDER BY made_at, id

-- name: letters_sent
-- Letters that were taken, and do not stand among the steps yet.
SELECT complaint_letter.*, sent_at, dead_at, why, true AS kept
FROM complaint_letter JOIN outbox USING (id)
WHERE entered_at IS NULL AND sent_at IS NOT NULL ORDER BY made_at, id LIMIT :most

-- name: letter_entered
-- It stands among the steps; no row where that was so already.
UPDATE complaint_letter SET entered_at = :at WHERE id = :id AND entered_at IS NULL RETURNING id

-- name: open_trunk_incidents
-- Incidents of trunks that are not over, in the order in which they began.
SELECT * FROM trunk_incident WHERE ended_at IS NULL ORDER BY began_at, id

-- name: keep_trunk_incident
-- An incident as it stands now; no row where the trunk has another one that is not over.
INSERT INTO trunk_incident (id, node, trunk, carrier, reason, began_at, well_at, ticket_at, steps, ended_at)
VALUES (:id, :node, :trunk, :carrier, :reason, :began_at, :well_at, :ticket_at, :steps, :ended_at)
ON CONFLICT (id) DO UPDATE SET reason = :reason, well_at = :well_at, ticket_at = :ticket_at, steps = :steps,
    ended_at = :ended_at
RETURNING id

-- name: record_probe
-- A test call.
INSERT INTO probe (
    node, trunk, placed_at, phone, outcome, verdict, code, post_dial_delay_s, answered_s, codec, sent_loss_ratio,
    sent_jitter_ms, sent_mos, received_loss_ratio, received_jitter_ms, received_mos, rtt_ms, scale, heard_ratio,
    digits_right, problems
) VALUES (
    :node, :trunk, :placed_at, :phone, :outcome, :verdict, :code, :post_dial_delay_s, :answered_s, :codec, :sent_loss_ratio,
    :sent_jitter_ms, :sent_mos, :received_loss_ratio, :received_jitter_ms, :received_mos, :rtt_ms, :scale, :heard_ratio,
    :digits_right, :problems
)

-- name: probes_since
-- Test calls since then, the latest first.
SELECT * FROM probe WHERE placed_at >= :since ORDER BY placed_at DESC LIMIT :most
