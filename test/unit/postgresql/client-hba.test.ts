import assert from "node:assert/strict";
import { Problems } from "../../../components/common/problems";
import { checkClientHba } from "../../../components/postgresql/hba-checks";

/** What is to be done about a line; nothing where it may stand. */
function advice(line: string): string | undefined {
  const problems = new Problems("orders");
  checkClientHba([line], problems);
  const [found] = problems.found;
  if (found) assert.equal(found.key, "orders.clientHba[0]");
  return found?.fix;
}

describe("clientHba", () => {
  for (const line of [
    "host all all all scram-sha-256",
    "host all all 10.0.0.0/8 scram-sha-256 # the office",
    "hostssl\tbilling\tapp,+readers\t0.0.0.0/0\tscram-sha-256",
    'host "my db","all" "o\'brien" 192.168.0.0 255.255.0.0 scram-sha-256',
    "host all, postgres all samenet scram-sha-256",
    "host sameuser /^app_.*$ fe80::/10 reject",
    "hostssl all all ::1/128 cert map=people",
    "hostssl all all .example.com cert clientcert=verify-full",
    "hostssl all all db.example.com scram-sha-256 clientcert=verify-ca",
    "hostssl all all all scram-sha-256 clientcert=verify-full clientname=DN",
    "hostgssenc all all all gss include_realm=0 krb_realm=EXAMPLE.COM",
    'host all all 10.0.0.0/8 ldap ldapserver=ldap.example.com ldapprefix="cn=" ldapsuffix=", dc=example"',
    "host all all 10.0.0.0/8 ldap ldapurl=ldap://ldap.example.com/dc=example?uid?sub",
    "hostssl replication app 10.0.0.0/8 scram-sha-256",
    "host replication all all reject",
    'host "replication" all all scram-sha-256',
  ]) {
    it(`takes ${line}`, () => {
      assert.equal(advice(line), undefined);
    });
  }

  for (const [line, expected] of [
    // What admits without a password, and names a method elsewhere.
    ["host all all all trust # was scram-sha-256", /in place of trust/],
    ["host all scram-sha-256 all trust", /in place of trust/],
    ["host reject all all trust", /in place of trust/],
    ["host all ldap 0.0.0.0/0 trust", /in place of trust/],
    ["host all all all password cert", /in place of password/],
    ["host all all 10.0.0.0/8 trust scram-sha-256", /in place of trust/],
    ["host all all 10.0.0.0 255.0.0.0 trust scram-sha-256", /in place of trust/],
    ["host replication all all trust # cert", /in place of trust/],
    ['host all all all "trust"', /one rule a line/],
    ["host all all all md5", /in place of md5/],
    // What would take the next line along, or one from elsewhere.
    ["host all all all scram-sha-256 \\", /backslash/],
    ["host all all all reject\nhost all all all trust", /one rule a line/],
    ["include /tmp/rules", /no file/],
    ["include_if_exists rules", /no file/],
    ["host @databases all all scram-sha-256", /no file/],
    // Addresses that the server does not read.
    ["host all all 10.0.0.1 scram-sha-256", /10\.0\.0\.1\/32/],
    ["host all all fd00::1 scram-sha-256", /fd00::1\/128/],
    ["host all all 10.0.0.0/33 scram-sha-256", /length/],
    ["host all all 10.0.0.0/a scram-sha-256", /length/],
    ["host all all 10.0.0/8 scram-sha-256", /address/],
    ["host all all 300.0.0.0/8 scram-sha-256", /address/],
    ["host all all fd00::/129 scram-sha-256", /length/],
    ["host all all db.example.com/24 scram-sha-256", /address/],
    // Options by method.
    ["hostssl all all all cert clientcert=verify-foo", /clientcert/],
    ["hostssl all all all cert clientcert=verify-ca", /clientcert/],
    ["host all all all cert", /hostssl/],
    ["host all all all scram-sha-256 clientcert=verify-full", /hostssl/],
    ["host all all all scram-sha-256 map=people", /remove map/],
    ["host all all all scram-sha-256 please", /behind the method/],
    ["host all all all ldap", /ldapurl/],
    ["host all all all ldap ldapserver=a", /ldapurl/],
    ["host all all all ldap ldapserver=a ldapprefix=b ldapport=x", /ldapport/],
    ["host all all all radius radiusservers=a", /radiussecrets/],
    // Secrets: the lines can be read in a ConfigMap.
    ["host all all 10.0.0.0/8 radius radiusservers=10.0.0.9 radiussecrets=x", /radiussecrets/],
    ["host all all 10.0.0.0/8 ldap ldapserver=a ldapbasedn=b ldapbinddn=c ldapbindpasswd=x", /ldapprefix/],
    ['host all all all ldap ldapserver=a ldapbasedn=b "ldapbindpasswd=a b"', /ldapprefix/],
    // A copy of everything, in plain text.
    ["host replication all all scram-sha-256", /hostssl/],
    ["hostnossl app,replication all all scram-sha-256", /hostssl/],
    // No rule at all.
    ["local all all trust", /one rule a line/],
    ["HOST all all all scram-sha-256", /one rule a line/],
    ["# host all all all scram-sha-256", /one rule a line/],
    ["", /one rule a line/],
    ["host all all scram-sha-256", /one rule a line/],
    ['host all "all all scram-sha-256', /close the quote/],
  ] as const) {
    it(`refuses ${JSON.stringify(line)}`, () => {
      assert.match(advice(line) ?? "it was taken", expected);
    });
  }

  it("shows no secret of a line that it refuses, whatever is wrong with it", () => {
    for (const line of [
      "host all all all ldap ldapserver=a ldapbasedn=b ldapbindpasswd=hunter2",
      'host all all all ldap ldapserver=a ldapbasedn=b "ldapbindpasswd=big hunter2"',
      "host all all 10.0.0.1 ldap ldapbindpasswd=hunter2 please",
      "host all all all radius radiusservers=a radiussecrets=hunter2",
    ]) {
      const problems = new Problems("orders");
      checkClientHba([line], problems);
      assert.equal(problems.found.length, 1);
      assert.doesNotMatch(JSON.stringify(problems.found), /hunter2/);
    }
  });
});
