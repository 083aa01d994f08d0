DROP TABLE dispute_answers;
