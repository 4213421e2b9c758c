"""The job of the engine bench in pandas: pandas_peer.py INPUT OUT_DIR JOB_JSON.

It lacks: places of findings in bytes and lines, records of the wrong width, Unicode rules of names. pandas works in one thread.
"""
import json
import resource
import sys
import time

import pandas as pd

started = time.perf_counter()
source, out, job = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
df = pd.read_csv(source, dtype=str, keep_default_na=False)
columns = list(df.columns)
rows = len(df)
for name in job["fields"]:
    value = df[name].str.strip()
    df[name] = value.mask(value.str.lower().isin(job["null_tokens"]))
raw = df[job["fields"]].copy()
for name in ("first_name", "last_name", "middle_name"):
    df[name] = df[name].str.title()
dob = pd.Series(pd.NaT, index=df.index, dtype="datetime64[us]")
for pattern, form in (
    (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"),
    (r"\d\d/\d\d/\d{4}", "%m/%d/%Y"),
    (r"\d{8}", "%Y%m%d"),
    (r"\d\d-\d\d-\d{4}", "%m-%d-%Y"),
    (r"[A-Za-z]{3} \d\d, \d{4}", "%b %d, %Y"),
):
    fits = df["dob"].str.fullmatch(pattern).fillna(False).astype(bool)
    dob[fits] = pd.to_datetime(df.loc[fits, "dob"], format=form, errors="coerce")
df["dob"] = dob
df["gender"] = df["gender"].str.lower().map({key: entry["to"] for entry in job["sex"] for key in entry["from"]})
digits = df["phone"].str.replace(r"\D", "", regex=True)
digits = digits.where(digits.str.len() != 11, digits.str[1:])
df["phone"] = ("+1" + digits).where(digits.str.len() == 10)
df["email"] = df["email"].str.lower().where(df["email"].str.fullmatch(r"[^@ ]+@[^@ ]+\.[^@ ]+").fillna(False).astype(bool))
df["state"] = df["state"].str.lower().map(dict(job["states"]))
zip_code = df["zip"].str.replace("-", "", regex=False)
df["zip"] = zip_code.where(zip_code.str.len() == 5, (zip_code.str[:5] + "-" + zip_code.str[5:]).where(zip_code.str.len() == 9))
ssn = df["ssn"].str.replace("-", "", regex=False)
df["ssn"] = (ssn.str[:3] + "-" + ssn.str[3:5] + "-" + ssn.str[5:]).where(ssn.str.fullmatch(r"\d{9}").fillna(False).astype(bool))
found = []
for name in job["fields"]:
    refused = raw[name].notna() & df[name].isna()
    found.append(pd.DataFrame({"record": raw.index[refused] + 1, "field": name, "value": raw.loc[refused, name]}))
pd.concat(found).to_csv(f"{out}/findings.csv", index=False)
profile = {
    name: [int(df[name].notna().sum()), int(df[name].nunique()), str(df[name].dropna().min()), str(df[name].dropna().max())] for name in columns
}
with open(f"{out}/profile.json", "w", encoding="utf-8") as file:
    json.dump(profile, file)
result = df.drop_duplicates()
result.to_parquet(f"{out}/result.parquet", compression="zstd", compression_level=1, index=False)
result.to_csv(f"{out}/result.csv", index=False)
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - started,
            "rows": rows,
            "out": len(result),
            "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )
)
