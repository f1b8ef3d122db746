"""The knowledge base: writing and rating articles, their pictures, moving them in and out."""
