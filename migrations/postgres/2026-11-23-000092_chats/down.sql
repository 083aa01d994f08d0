DROP TABLE chat_agents;
DROP INDEX tickets_chats;
DROP TABLE chats;
