"""HTTP: reports now, the API and the page later."""
