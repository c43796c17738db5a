"""The Allure report: results told in a manager's words, the report's settings, and the page made fit to be kept."""
