-- crm: which mails an order is said to have followed from, and their shares of it, which sum to the order. Minor units of its currency.
CREATE TABLE order_shares (
    order_id BIGINT NOT NULL,
    delivery_id BIGINT NOT NULL REFERENCES deliveries (id),
    campaign_id BIGINT NOT NULL,
    -- 0 of a mail without one.
    variant_id BIGINT NOT NULL,
    -- What the person did with the mail, and when they did it last before they ordered.
    evidence TEXT NOT NULL CHECK (evidence IN ('open', 'click', 'view')),
    touched_at TIMESTAMP NOT NULL,
    currency TEXT NOT NULL,
    revenue BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    PRIMARY KEY (order_id, delivery_id)
);
CREATE INDEX order_shares_of_campaign ON order_shares (campaign_id, order_id);

-- crm: what a campaign brought, as it was last figured: JSON.
CREATE TABLE campaign_results (
    campaign_id BIGINT PRIMARY KEY NOT NULL REFERENCES campaigns (id),
    results TEXT NOT NULL,
    figured_at TIMESTAMP NOT NULL
);

-- The rows behind each number of a page of results.
CREATE INDEX deliveries_shown_bounced ON deliveries (campaign_id, id) WHERE bounced_at IS NOT NULL;
CREATE INDEX deliveries_shown_complained ON deliveries (campaign_id, id) WHERE complained_at IS NOT NULL;
CREATE INDEX deliveries_shown_opened ON deliveries (campaign_id, id) WHERE opened_at IS NOT NULL;
CREATE INDEX deliveries_shown_clicked ON deliveries (campaign_id, id) WHERE clicked_at IS NOT NULL;
CREATE INDEX deliveries_shown_unsubscribed ON deliveries (campaign_id, id) WHERE unsubscribed_at IS NOT NULL;
CREATE INDEX delivery_hits_by_target ON delivery_hits (target, id);
CREATE INDEX delivery_hits_by_time ON delivery_hits (kind, happened_at);
