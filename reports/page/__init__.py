"""release-report.html: one page that a release manager decides from, and an engineer finds the request by.

It must be read where a CI server lets a page do nothing: no script, nothing loaded, no style attribute. Structure and
colour are therefore in elements and presentational attributes; the one style sheet inside only makes it look better.
"""
