"""Serving: follows the job's topics into one SQLite file and answers from it, over HTTP and as a page. Reads only."""
