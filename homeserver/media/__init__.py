"""Files that people send: upload, download, thumbnails, previews of links."""
