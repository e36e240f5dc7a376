//! The types of records with commands of their own: tickets, companies, contacts and the other popular ones.
