"""What is kept: conversations, trails, sources, reports and share links, in SQLite or PostgreSQL."""
