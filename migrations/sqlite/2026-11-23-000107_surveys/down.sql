DROP TABLE review_totals;
DROP TABLE reviews;
DROP TABLE review_requests;
DROP TABLE survey_counts;
DROP TABLE survey_answers;
DROP TABLE surveys;
