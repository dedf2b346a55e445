"""What people look at: figures, pages, passages of the documents."""
