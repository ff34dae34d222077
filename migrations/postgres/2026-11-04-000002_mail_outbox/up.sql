-- Mails that are to be sent: what about and to whom, never the text or a link. A mail waits until it is finished. Whoever
-- claims it puts off the moment at which it is due, and counts the attempt, which is the proof of the claim.
CREATE TABLE mail_outbox (
    id BYTEA NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    kind TEXT COLLATE "C" NOT NULL,
    is_link BOOLEAN NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    queued_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    finished_at BIGINT,
    outcome TEXT COLLATE "C" CHECK (outcome IN ('sent', 'given_up')),
    CHECK ((finished_at IS NULL) = (outcome IS NULL))
);

-- One waiting mail with a link is enough, of each kind and for each address. It also finds them when the links end.
CREATE UNIQUE INDEX mail_outbox_waiting_link ON mail_outbox (recipient, kind) WHERE finished_at IS NULL AND is_link;
-- What is due, and the backlog.
CREATE INDEX mail_outbox_due_at ON mail_outbox (due_at, queued_at) WHERE finished_at IS NULL;
-- The clean-up.
CREATE INDEX mail_outbox_finished_at ON mail_outbox (finished_at) WHERE finished_at IS NOT NULL;
