FROM alpine:3.20
ARG TAG=1
FROM nginx:1.27 AS web
COPY --from=httpd:2.4 /a /b
