DROP TABLE sns_certificates;
