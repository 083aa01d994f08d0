-- storefront: what Amazon SNS signs messages with, by where it was fetched.
CREATE TABLE sns_certificates (
    address TEXT PRIMARY KEY NOT NULL,
    pem TEXT NOT NULL,
    fetched_at TIMESTAMP NOT NULL
);
