variable "ALPINE" {
  default = "3.20"
}
variable "NONE" {}
group "default" { targets = ["app"] }
target "app" {
  # contexts = { commented = "docker-image://not:1" }
  tags = ["ghcr.io/acme/app:1"]
  contexts = {
    alpine = "docker-image://alpine:${ALPINE}"
    "deb" = "docker-image://debian:12", src = "../src"
    base = "target:base"
    unknown = "docker-image://x:${NONE}"
  }
  dockerfile-inline = <<EOT
FROM golang:1.23
COPY --from=busybox:1.36 /a /a
EOT
}
target "made" {
  contexts = {
    a = format("docker-image://%s", "b")
  }
}
