-- Mails that are to be sent: what about and to whom, never the text or a link. A mail waits until it is finished. Whoever
-- claims it puts off the moment at which it is due, and counts the attempt, which is the proof of the claim.
CREATE TABLE mail_outbox (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL,
    is_link INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    queued_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    finished_at INTEGER,
    outcome TEXT CHECK (outcome IN ('sent', 'given_up')),
    CHECK ((finished_at IS NULL) = (outcome IS NULL))
) STRICT, WITHOUT ROWID;

-- One waiting mail with a link is enough, of each kind and for each address. It also finds them when the links end.
CREATE UNIQUE INDEX mail_outbox_waiting_link ON mail_outbox (recipient, kind) WHERE finished_at IS NULL AND is_link;
-- What is due, and the backlog.
CREATE INDEX mail_outbox_due_at ON mail_outbox (due_at, queued_at) WHERE finished_at IS NULL;
-- The clean-up.
CREATE INDEX mail_outbox_finished_at ON mail_outbox (finished_at) WHERE finished_at IS NOT NULL;
