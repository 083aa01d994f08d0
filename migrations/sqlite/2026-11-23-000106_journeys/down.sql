DROP TABLE rehearsal_acts;
DROP TABLE rehearsals;
DROP TABLE journey_counts;
DROP TABLE enrolment_log;
DROP TABLE enrolments;
DROP TABLE journey_versions;
DROP TABLE journeys;
