"""What is read of the knowledge base: articles for their readers and writers, and search."""
