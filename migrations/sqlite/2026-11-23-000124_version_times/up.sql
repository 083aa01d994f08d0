-- crm: when this one goes out, as the clock of the place shows it, where several are tried at different times. Else with the campaign.
ALTER TABLE campaign_variants ADD COLUMN goes_at TIMESTAMP;
