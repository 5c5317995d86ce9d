"""moto as an AWS account on loopback, for trying and testing.

It ends when its standard input does, so that it never outlives what started it.

moto 5.2.5 gives the answer to GetBucketVersioning a root element that no S3 client of AWS knows
(GetBucketVersioningResponse); here it gets the one that S3 sends. It also looks for the ICMP type and code of
a network ACL's entry under a name that it no longer gives them, and so loses them; here it finds them.
"""

import os, sys, threading
def watch():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
from moto.s3.responses import S3Response
def versioning(self):
    status = self.backend.get_bucket_versioning(self.bucket_name)
    inside = f'<Status>{status}</Status>' if status else ''
    space = 'http://s3.amazonaws.com/doc/2006-03-01/'
    return 200, {}, f'<VersioningConfiguration xmlns="{space}">{inside}</VersioningConfiguration>'
S3Response.get_bucket_versioning = versioning
from moto.ec2.responses.network_acls import NetworkACLs
parameter = NetworkACLs._get_param
def with_icmp(self, name, if_none=None):
    return parameter(self, name.replace('Icmp.', 'IcmpTypeCode.'), if_none)
NetworkACLs._get_param = with_icmp
from moto.server import main
main(sys.argv[1:])
