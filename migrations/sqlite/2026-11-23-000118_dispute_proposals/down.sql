DROP TABLE dispute_proposals;
