"""Records what botocore sees in hostile files: botocore.json. Run where botocore is installed (recorded with 1.44.8):

    PYTHONUTF8=1 python record-botocore.py > botocore.json
"""
import json
import os
import sys
import tempfile

from botocore import configloader
from botocore.exceptions import ConfigParseError
cases = {}


def c(name, kind, text):
    cases[name] = (kind, text)


K = "aws_access_key_id = AKIA\naws_secret_access_key = s\n"
c("plain","credentials","[default]\n"+K)
c("indented keys","credentials","[default]\n  aws_access_key_id = AKIA\n  aws_secret_access_key = s\n")
c("tabbed keys","credentials","[default]\n\taws_access_key_id=AKIA\n\taws_secret_access_key=s\n")
c("indented section","credentials","  [default]\n  aws_access_key_id = AKIA\n")
c("indented section behind a key","credentials","[a]\nregion = x\n  [default]\n  aws_access_key_id = AKIA\n")
c("indented section behind a section","credentials","[a]\n  [default]\naws_access_key_id = AKIA\n")
c("deeper key is a continuation","credentials","[default]\nregion = x\n  aws_access_key_id = AKIA\n")
c("keys that come back from an indent","credentials","[default]\n    region = x\n  aws_access_key_id = AKIA\n")
c("capitals in keys","credentials","[default]\nAWS_Access_Key_ID = AKIA\n")
c("colon","credentials","[default]\naws_access_key_id : AKIA\n")
c("equals in value","credentials","[default]\naws_secret_access_key = a=b:c\n")
c("colon before equals","credentials","[default]\na:b = c\n")
c("no blanks","credentials","[default]\naws_access_key_id=AKIA\n")
c("empty value","credentials","[default]\naws_access_key_id =\n")
c("crlf","credentials","[default]\r\naws_access_key_id = AKIA\r\n\r\n[b]\r\nregion=x\r\n")
c("lone carriage returns","credentials","[default]\raws_access_key_id = AKIA\r")
c("bom","credentials","\ufeff[default]\naws_access_key_id = AKIA\n")
c("bom before a comment","credentials","\ufeff# c\n[default]\naws_access_key_id = AKIA\n")
c("comments","credentials","# c\n; d\n[default]\n# aws_access_key_id = no\n  ; x = y\naws_access_key_id = AKIA\n")
c("inline comment","credentials","[default]\naws_access_key_id = AKIA # c\nregion = x ; d\n")
c("comment behind a section","credentials","[default] # c\naws_access_key_id = AKIA\n")
c("comment with a bracket behind a section","credentials","[default] # [c]\naws_access_key_id = AKIA\n")
c("comment inside a value","credentials","[default]\ns3 =\n  a = b\n  # c\n  d = e\n")
c("blank line inside a value","credentials","[default]\nregion = x\n\n  more\n")
c("blank lines with spaces","credentials","[default]\n   \naws_access_key_id = AKIA\n  \n")
c("nested block","config","[profile dev]\ns3 =\n  max_concurrent_requests = 20\n  addressing_style=path\nregion = x\n")
c("nested block without equals","config","[profile dev]\ns3 =\n  nothing\nregion = x\n")
c("duplicate section","credentials","[default]\na = b\n[x]\n[default]\nc = d\n")
c("duplicate section with blanks","credentials","[default]\na = b\n[ default ]\naws_access_key_id = AKIA\n")
c("duplicate key","credentials","[default]\na = b\nA = c\n")
c("DEFAULT","credentials","[DEFAULT]\naws_access_key_id = AKIA\n[dev]\nregion = x\n")
c("DEFAULT in config","config","[DEFAULT]\ncredential_process = p\n[profile dev]\nregion = x\n[default]\n")
c("profile default in config","config","[profile default]\naws_access_key_id = AKIA\n")
c("default and profile default","config","[profile default]\naws_access_key_id = AKIA\n[default]\nregion = x\n")
c("profile default and default the other way","config","[default]\nregion = x\n[profile default]\naws_access_key_id = AKIA\n")
c("profile default in credentials","credentials","[profile default]\naws_access_key_id = AKIA\n")
c("default in config","config","[default]\naws_access_key_id = AKIA\n")
c("quoted default","credentials","[\"default\"]\naws_access_key_id = AKIA\n")
c("quoted profile","config","[profile \"my dev\"]\ncredential_process = p\n")
c("single quotes","config","[profile 'my dev']\ncredential_process = p\n")
c("quoted whole","config","[\"profile dev\"]\ncredential_process = p\n")
c("quoted part","config","[profile my\" dev\"x]\ncredential_process = p\n")
c("backslash","config","[profile my\\ dev]\ncredential_process = p\n")
c("backslash in double quotes","config","[profile \"a\\\"b\\c\"]\nregion = p\n")
c("open quote","config","[profile \"dev]\nregion = p\n")
c("three words","config","[profile a b]\nregion = p\n")
c("two blanks","config","[profile   dev]\nregion = p\n")
c("tab","config","[profile\tdev]\nregion = p\n")
c("blanks inside brackets","config","[ profile dev ]\nregion = p\n")
c("blanks inside brackets of default","credentials","[ default ]\naws_access_key_id = AKIA\n")
c("profile without name","config","[profile]\nregion = p\n")
c("profile of an empty name","config","[profile \"\"]\nregion = p\n")
c("profiles without blank","config","[profiledev]\nregion = p\n")
c("another word that begins so","config","[profilex dev]\nregion = p\n")
c("no prefix in config","config","[dev]\nregion = p\n")
c("prefix in capitals","config","[Profile dev]\nregion = p\n")
c("a hash in a name","config","[profile a#b]\nregion = p\n")
c("brackets in a name","config","[profile a]b]\nregion = p\n")
c("no closing bracket","config","[profile dev\nregion = p\n")
c("key before a section","credentials","a = b\n[default]\naws_access_key_id = AKIA\n")
c("a line that is nothing","credentials","[default]\nnothing\naws_access_key_id = AKIA\n")
c("no last line break","credentials","[default]\naws_access_key_id = AKIA")
c("percent","credentials","[default]\na = %(b)s\nc = 50%\n")
c("quotes in a value","credentials","[default]\na = \"b\"\n")
c("empty","credentials","")
c("sso-session","config","[sso-session x]\nsso_region = y\n[services z]\ns3 =\n  endpoint_url = u\n[profile q]\nregion = r\n")
c("unicode blank","credentials","[default]\na =\u00a0b\u2003\nc = d\x1f\n")
c("form feed","credentials","[default]\n\x0caws_access_key_id = AKIA\x0b\n")
c("next line character","credentials","[default]\na = b\u0085c = d\n")
c("empty key","credentials","[default]\n= b\n")
c("key with blanks","credentials","[default]\na b = c\n")
c("section of blanks","credentials","[ ]\na = b\n")
c("two names of one profile","config","[profile a]\nregion = 1\n[profile \"a\"]\noutput = 2\n")
c("comment char in key","credentials","[default]\na#b = c\n")
c("continued by a bracket","credentials","[default]\na = b\n [x]\nc = d\n")
c("names that objects have","credentials","[valueOf]\nhasOwnProperty = x\n[toString]\na = b\n")

out = []
for name, (kind, text) in cases.items():
    with tempfile.NamedTemporaryFile(delete=False) as f:
        f.write(text.encode())
    try:
        raw = configloader.raw_config_parse(f.name)
        profiles = configloader.build_profile_map(raw)["profiles"] if kind == "config" else raw
    except ConfigParseError:
        profiles = None
    os.unlink(f.name)
    out.append({"name": name, "kind": kind, "text": text, "profiles": profiles})
json.dump(out, sys.stdout, indent=2)
print()
