# A dump that is whole has its name; one that broke off has not.
file="/backup/attune-$(date -u +%%Y%%m%%dT%%H%%M%%SZ).dump"
pg_dump --format=custom --file="$file.part" --dbname="$(cat /etc/attune/secrets/database-url)"
mv "$file.part" "$file"
ls -1 /backup/attune-*.dump | sort -r | tail -n +$((%d + 1)) | xargs -r rm --
