module release-conformance/pause

go 1.24
