-- crm: each list behind a number of a campaign is read by one index, page by page, however many deliveries there are.
ALTER TABLE delivery_hits ADD COLUMN campaign_id BIGINT NOT NULL DEFAULT 0;
-- 0 of a mail without one.
ALTER TABLE delivery_hits ADD COLUMN variant_id BIGINT NOT NULL DEFAULT 0;
UPDATE delivery_hits SET
    campaign_id = (SELECT d.campaign_id FROM deliveries d WHERE d.id = delivery_hits.delivery_id),
    variant_id = (SELECT COALESCE(d.variant_id, 0) FROM deliveries d WHERE d.id = delivery_hits.delivery_id);
DROP INDEX delivery_hits_by_target;
DROP INDEX delivery_hits_by_time;
CREATE INDEX delivery_hits_clicks ON delivery_hits (campaign_id, id) WHERE kind = 'click' AND machine = '';
CREATE INDEX delivery_hits_clicks_of_variant ON delivery_hits (campaign_id, variant_id, id) WHERE kind = 'click' AND machine = '';
CREATE INDEX delivery_hits_machine_clicks ON delivery_hits (campaign_id, id) WHERE kind = 'click' AND machine <> '';
CREATE INDEX delivery_hits_machine_clicks_of_variant ON delivery_hits (campaign_id, variant_id, id) WHERE kind = 'click' AND machine <> '';
CREATE INDEX delivery_hits_opens ON delivery_hits (campaign_id, id) WHERE kind <> 'click' AND machine = '';
CREATE INDEX delivery_hits_opens_of_variant ON delivery_hits (campaign_id, variant_id, id) WHERE kind <> 'click' AND machine = '';
CREATE INDEX delivery_hits_machine_opens ON delivery_hits (campaign_id, id) WHERE kind <> 'click' AND machine <> '';
CREATE INDEX delivery_hits_machine_opens_of_variant ON delivery_hits (campaign_id, variant_id, id) WHERE kind <> 'click' AND machine <> '';
-- By the link that was followed.
CREATE INDEX delivery_hits_of_link ON delivery_hits (campaign_id, target, id) WHERE kind = 'click' AND machine = '';
CREATE INDEX delivery_hits_machines_of_link ON delivery_hits (campaign_id, target, id) WHERE kind = 'click' AND machine <> '';

-- What waits is in the index of what can be claimed, or of what waits for the end of a trial, and in no other: freezing writes fewer of
-- them. Each index is by variant, so that lists of one and of all are read alike.
DROP INDEX deliveries_in_state;
CREATE INDEX deliveries_in_state ON deliveries (campaign_id, state, variant_id, id) WHERE state <> 'waiting';
DROP INDEX deliveries_shown_bounced;
DROP INDEX deliveries_shown_complained;
DROP INDEX deliveries_shown_opened;
DROP INDEX deliveries_shown_clicked;
DROP INDEX deliveries_shown_unsubscribed;
CREATE INDEX deliveries_shown_bounced ON deliveries (campaign_id, variant_id, id) WHERE bounced_at IS NOT NULL;
CREATE INDEX deliveries_shown_complained ON deliveries (campaign_id, variant_id, id) WHERE complained_at IS NOT NULL;
CREATE INDEX deliveries_shown_opened ON deliveries (campaign_id, variant_id, id) WHERE opened_at IS NOT NULL;
CREATE INDEX deliveries_shown_clicked ON deliveries (campaign_id, variant_id, id) WHERE clicked_at IS NOT NULL;
CREATE INDEX deliveries_shown_unsubscribed ON deliveries (campaign_id, variant_id, id) WHERE unsubscribed_at IS NOT NULL;
-- A report names only mails that somebody began to hand over.
DROP INDEX deliveries_by_message;
CREATE UNIQUE INDEX deliveries_by_message ON deliveries (message_id) WHERE attempts > 0;

-- Orders of a variant, with a product, and those of which something came back.
CREATE INDEX order_shares_of_variant ON order_shares (campaign_id, variant_id, order_id);
CREATE INDEX purchase_lines_of_order ON purchase_lines (product_id, order_id);
CREATE INDEX order_shares_returned ON order_shares (campaign_id, order_id) WHERE refunded > 0;

-- A foreign key is asked for each row by itself and locks what it finds, which is most of what freezing a large audience takes. Here all rows
-- of a statement are asked for together. Campaigns and customers are never deleted, and variants of drafts alone, which have no deliveries.
ALTER TABLE deliveries DROP CONSTRAINT deliveries_campaign_id_fkey;
ALTER TABLE deliveries DROP CONSTRAINT deliveries_customer_id_fkey;
ALTER TABLE deliveries DROP CONSTRAINT deliveries_variant_id_fkey;
CREATE OR REPLACE FUNCTION deliveries_refer() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    lowest BIGINT;
    highest BIGINT;
BEGIN
    -- Freezing goes by customer: the part of their index between these two is all that is read.
    SELECT MIN(customer_id), MAX(customer_id) INTO lowest, highest FROM fresh;
    IF EXISTS (
        SELECT 1 FROM fresh f LEFT JOIN customers c ON c.id = f.customer_id AND c.id BETWEEN lowest AND highest WHERE c.id IS NULL
    ) OR EXISTS (
        SELECT 1 FROM (SELECT DISTINCT campaign_id, variant_id FROM fresh) f
        LEFT JOIN campaigns c ON c.id = f.campaign_id
        LEFT JOIN campaign_variants v ON v.id = f.variant_id
        WHERE c.id IS NULL OR (f.variant_id IS NOT NULL AND v.id IS NULL)
    ) THEN
        RAISE EXCEPTION 'a delivery without its campaign, variant or customer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER deliveries_refer AFTER INSERT ON deliveries
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION deliveries_refer();
