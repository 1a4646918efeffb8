"""The library in a browser: a page that shows the catalogue's books and reads them."""
