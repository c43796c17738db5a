module press

go 1.24
