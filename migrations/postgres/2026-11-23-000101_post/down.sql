DROP TABLE dkim_keys;
DROP TABLE sending_domains;
DROP TABLE mail_quotas;
DROP TABLE mail_rates;
DROP TABLE mail_transports;
