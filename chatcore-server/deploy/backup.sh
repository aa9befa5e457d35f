#!/bin/sh
# A backup in a folder of its own, named by its time: the store, its attachments, and the files with the settings. When it
# is whole, the oldest ones go. For cron, or the timer beside this file.
#
#   backup.sh FOLDER [HOW-MANY-TO-KEEP]
#
# BACKUP_PROGRAM is the program, BACKUP_SETTINGS the files with settings (blanks between them). Ends with 1 when bytes of
# attachments were lost, which the output names: that backup is kept, and no other goes.
set -eu
umask 077
folder=$1
keep=${2:-7}
name=$(date -u +%Y-%m-%dT%H-%M-%SZ)
mkdir -p "$folder/$name.partial"
trap 'rm -rf "$folder/$name.partial"' EXIT
status=0
"${BACKUP_PROGRAM:-chatcore-server}" backup --to "$folder/$name.partial/chat.backup" || status=$?
[ "$status" -le 1 ] || exit "$status"
for file in ${BACKUP_SETTINGS:-}; do
  if [ -e "$file" ]; then
    cp -p "$file" "$folder/$name.partial/"
  else
    echo "there is no $file: the backup is without it" >&2
  fi
done
mv "$folder/$name.partial" "$folder/$name"
[ "$status" -eq 0 ] || exit "$status"
# their names sort by time
find "$folder" -mindepth 1 -maxdepth 1 -type d -name '????-??-??T??-??-??Z' | sort -r | tail -n "+$((keep + 1))" |
  while IFS= read -r old; do rm -rf "$old"; done
