-- crm: the mails of a campaign that were not sent, by the reason.
CREATE INDEX deliveries_skipped ON deliveries (campaign_id, reason, id) WHERE state = 'skipped';
