module example.com/tegata-format-k8s-secret

go 1.21
