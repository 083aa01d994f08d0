-- crm: what a ticket of the channel chat has more than others: who reads it on the shop's pages.
CREATE TABLE chats (
    ticket_id BIGINT PRIMARY KEY NOT NULL REFERENCES tickets (id),
    -- A digest of the secret of the browser that it was begun in; empty when whoever began it was signed in.
    visitor TEXT NOT NULL,
    -- When a page of theirs was last open with it, and the last message that one showed.
    seen_at TIMESTAMP NOT NULL,
    shown BIGINT NOT NULL DEFAULT 0,
    -- When it goes on by mail unless somebody answers before.
    mail_at TIMESTAMP,
    -- The message that said that it goes on by mail.
    mailed BIGINT,
    -- The first message that was written from the mailbox: the browser sees what was before.
    left_at BIGINT
);
CREATE INDEX chats_of_visitor ON chats (visitor, ticket_id);
CREATE INDEX chats_due ON chats (mail_at) WHERE mail_at IS NOT NULL;
CREATE INDEX tickets_chats ON tickets (asked_at, id) WHERE channel = 'chat' AND status = 'open';

-- crm: when each of the staff was last there for chats, by their number.
CREATE TABLE chat_agents (
    staff_id BIGINT PRIMARY KEY NOT NULL,
    seen_at TIMESTAMP NOT NULL
);
