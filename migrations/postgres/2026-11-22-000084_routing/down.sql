DROP TABLE service_agents;
DROP TABLE service_routes;
