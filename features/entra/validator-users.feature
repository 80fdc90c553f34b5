@entra @entra-validator
Feature: Microsoft's SCIM validator: users

  @ENTRA-VAL-01
  Scenario: A user with everything is created
    Given the next request carries the header "Content-Type: application/scim+json; charset=utf-8"
    When the client sends POST "/Users" with:
      """
      {"userName": "val{unique}@beer.co.uk", "active": true, "displayName": "RYHDLYAWZCIK", "title": "XEDRJZNGKEJI",
       "emails": [{"type": "work", "value": "val{unique}@beer.co.uk", "primary": true}], "preferredLanguage": "gl-ES",
       "name": {"givenName": "Vito", "familyName": "Kenny", "formatted": "Emelie", "middleName": "Rosamond",
        "honorificPrefix": "Savion", "honorificSuffix": "Deshawn"},
       "addresses": [{"type": "work", "formatted": "OFVSRZYHPKNA", "streetAddress": "7238 Wisoky Vista", "locality": "FPVGXVEMXRFE",
        "region": "AYUHNDBXDYDT", "postalCode": "fu4h 8em", "primary": true, "country": "Guernsey"}],
       "phoneNumbers": [{"type": "work", "value": "57-546-0913", "primary": true}, {"type": "mobile", "value": "57-546-0914"},
        {"type": "fax", "value": "57-546-0915"}],
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "LZSMQWQAEUZE", "department": "MXPCHFLNNZQG",
        "costCenter": "AXKKDHMAJJRM", "organization": "GNKVMGQGFXZZ", "division": "PAEOQOKIBUTR",
        "manager": {"value": "3f2a9c64-7c0e-4d55-8a7e-2b1f0a9d6c31"}},
       "roles": [{"primary": "True", "display": "SXUPQZOJRXGC", "value": "BLTOEVNWHDLB", "type": "KAHNRMRPKVAO"}],
       "userType": "SRLKCNXTMVSY", "nickName": "QWVOYKMVTWLJ", "locale": "IRJYBVYOUKIQ", "timezone": "America/Lobuche",
       "profileUrl": "ZAKCOUNNKQJM",
       "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]}
      """
    Then the response status is 201
    And the value at "id" is kept as "made"
    And the client sends GET "/Users?filter=userName+eq+%22val{unique}%40beer.co.uk%22"
    And the response status is 200
    And the value at "totalResults" is the JSON "1"
    And the value at "Resources[0].id" is "{made}"
    And the value at "Resources[0].userName" is "val{unique}@beer.co.uk"

  @ENTRA-VAL-02
  Scenario: The same user again is a conflict
    Given the user "ada" exists
    When the client sends POST "/Users" with:
      """
      {"userName": "{ada.userName}", "active": true, "emails": [{"type": "work", "value": "{ada.userName}", "primary": true}],
       "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}
      """
    Then the response status is 409

  @ENTRA-VAL-03
  Scenario: An existing user is found by filter
    Given the user "ada" exists with:
      """
      {"userName": "val{unique}@beer.co.uk"}
      """
    When the client sends GET "/Users?filter=userName+eq+%22val{unique}%40beer.co.uk%22"
    Then the response status is 200
    And the value at "totalResults" is the JSON "1"
    And the list holds exactly "ada"

  @ENTRA-VAL-04
  Scenario: A filter for nobody finds nobody
    Given the user "ada" exists
    When the client sends GET "/Users?filter=userName+eq+%22nonexistent0a1b2c3d4e5f_val{unique}%40beer.co.uk%22"
    Then the response status is 200
    And the value at "totalResults" is the JSON "0"
    And the list holds 0 resources

  @ENTRA-VAL-05
  Scenario: An existing user is found in another case
    Given the user "ada" exists with:
      """
      {"userName": "val{unique}@beer.co.uk"}
      """
    When the client sends GET "/Users?filter=userName+eq+%22VAL{unique}%40BEER.CO.UK%22"
    Then the response status is 200
    And the value at "totalResults" is the JSON "1"
    And the list holds exactly "ada"

  @ENTRA-VAL-06
  Scenario: Thirty-six attributes are replaced one by one
    Given the client sends POST "/Users" with:
      """
      {"userName": "val{unique}@beer.co.uk", "active": true, "displayName": "RYHDLYAWZCIK", "title": "XEDRJZNGKEJI",
       "emails": [{"type": "work", "value": "val{unique}@beer.co.uk", "primary": true}], "preferredLanguage": "gl-ES",
       "name": {"givenName": "Vito", "familyName": "Kenny", "formatted": "Emelie", "middleName": "Rosamond",
        "honorificPrefix": "Savion", "honorificSuffix": "Deshawn"},
       "addresses": [{"type": "work", "formatted": "OFVSRZYHPKNA", "streetAddress": "7238 Wisoky Vista", "locality": "FPVGXVEMXRFE",
        "region": "AYUHNDBXDYDT", "postalCode": "fu4h 8em", "primary": true, "country": "Guernsey"}],
       "phoneNumbers": [{"type": "work", "value": "57-546-0913", "primary": true}, {"type": "mobile", "value": "57-546-0914"},
        {"type": "fax", "value": "57-546-0915"}],
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "LZSMQWQAEUZE", "department": "MXPCHFLNNZQG",
        "costCenter": "AXKKDHMAJJRM", "organization": "GNKVMGQGFXZZ", "division": "PAEOQOKIBUTR",
        "manager": {"value": "3f2a9c64-7c0e-4d55-8a7e-2b1f0a9d6c31"}},
       "roles": [{"primary": "True", "display": "SXUPQZOJRXGC", "value": "BLTOEVNWHDLB", "type": "KAHNRMRPKVAO"}],
       "userType": "SRLKCNXTMVSY", "nickName": "QWVOYKMVTWLJ", "locale": "IRJYBVYOUKIQ", "timezone": "America/Lobuche",
       "profileUrl": "ZAKCOUNNKQJM",
       "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]}
      """
    And the value at "id" is kept as "made"
    When the client patches "/Users/{made}" with:
      """
      [
       {"op": "replace", "path": "active", "value": true},
       {"op": "replace", "path": "displayName", "value": "a"},
       {"op": "replace", "path": "title", "value": "b"},
       {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "val{unique}b@beer.co.uk"},
       {"op": "replace", "path": "emails[type eq \"work\"].primary", "value": true},
       {"op": "replace", "path": "preferredLanguage", "value": "nl-NL"},
       {"op": "replace", "path": "name.givenName", "value": "Cora"},
       {"op": "replace", "path": "name.familyName", "value": "Muller"},
       {"op": "replace", "path": "name.formatted", "value": "Cora Muller"},
       {"op": "replace", "path": "name.middleName", "value": "Q"},
       {"op": "replace", "path": "name.honorificPrefix", "value": "Dr"},
       {"op": "replace", "path": "name.honorificSuffix", "value": "Jr"},
       {"op": "replace", "path": "addresses[type eq \"work\"].formatted", "value": "c"},
       {"op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1 Road"},
       {"op": "replace", "path": "addresses[type eq \"work\"].locality", "value": "d"},
       {"op": "replace", "path": "addresses[type eq \"work\"].region", "value": "e"},
       {"op": "replace", "path": "addresses[type eq \"work\"].postalCode", "value": "xx1"},
       {"op": "replace", "path": "addresses[type eq \"work\"].primary", "value": true},
       {"op": "replace", "path": "addresses[type eq \"work\"].country", "value": "Togo"},
       {"op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "72-001"},
       {"op": "replace", "path": "phoneNumbers[type eq \"work\"].primary", "value": true},
       {"op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "72-002"},
       {"op": "replace", "path": "phoneNumbers[type eq \"fax\"].value", "value": "72-003"},
       {"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "value": "n1"},
       {"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "n2"},
       {"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", "value": "n3"},
       {"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization", "value": "n4"},
       {"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division", "value": "n5"},
       {"op": "replace", "path": "roles[primary eq \"True\"].display", "value": "r1"},
       {"op": "replace", "path": "roles[primary eq \"True\"].value", "value": "r2"},
       {"op": "replace", "path": "roles[primary eq \"True\"].type", "value": "r3"},
       {"op": "replace", "path": "userType", "value": "t1"},
       {"op": "replace", "path": "nickName", "value": "t2"},
       {"op": "replace", "path": "locale", "value": "t3"},
       {"op": "replace", "path": "timezone", "value": "Africa/Lome"},
       {"op": "replace", "path": "profileUrl", "value": "t5"}]
      """
    Then the response status is 200
    And the value at "displayName" is "a"
    And the value at "name.givenName" is "Cora"
    And the value at "emails[type=work].value" is "val{unique}b@beer.co.uk"

  @ENTRA-VAL-06B
  Scenario: Thirty-six attributes are added one by one to a user who has none of them
    Given the client sends POST "/Users" with:
      """
      {"userName": "val{unique}@beer.co.uk", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]}
      """
    And the value at "id" is kept as "made"
    When the client patches "/Users/{made}" with:
      """
      [
       {"op": "add", "path": "active", "value": true},
       {"op": "add", "path": "displayName", "value": "a"},
       {"op": "add", "path": "title", "value": "b"},
       {"op": "add", "path": "emails[type eq \"work\"].value", "value": "val{unique}b@beer.co.uk"},
       {"op": "add", "path": "emails[type eq \"work\"].primary", "value": true},
       {"op": "add", "path": "preferredLanguage", "value": "nl-NL"},
       {"op": "add", "path": "name.givenName", "value": "Cora"},
       {"op": "add", "path": "name.familyName", "value": "Muller"},
       {"op": "add", "path": "name.formatted", "value": "Cora Muller"},
       {"op": "add", "path": "name.middleName", "value": "Q"},
       {"op": "add", "path": "name.honorificPrefix", "value": "Dr"},
       {"op": "add", "path": "name.honorificSuffix", "value": "Jr"},
       {"op": "add", "path": "addresses[type eq \"work\"].formatted", "value": "c"},
       {"op": "add", "path": "addresses[type eq \"work\"].streetAddress", "value": "1 Road"},
       {"op": "add", "path": "addresses[type eq \"work\"].locality", "value": "d"},
       {"op": "add", "path": "addresses[type eq \"work\"].region", "value": "e"},
       {"op": "add", "path": "addresses[type eq \"work\"].postalCode", "value": "xx1"},
       {"op": "add", "path": "addresses[type eq \"work\"].primary", "value": true},
       {"op": "add", "path": "addresses[type eq \"work\"].country", "value": "Togo"},
       {"op": "add", "path": "phoneNumbers[type eq \"work\"].value", "value": "72-001"},
       {"op": "add", "path": "phoneNumbers[type eq \"work\"].primary", "value": true},
       {"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "72-002"},
       {"op": "add", "path": "phoneNumbers[type eq \"fax\"].value", "value": "72-003"},
       {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "value": "n1"},
       {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "n2"},
       {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", "value": "n3"},
       {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization", "value": "n4"},
       {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division", "value": "n5"},
       {"op": "add", "path": "roles[primary eq \"True\"].display", "value": "r1"},
       {"op": "add", "path": "roles[primary eq \"True\"].value", "value": "r2"},
       {"op": "add", "path": "roles[primary eq \"True\"].type", "value": "r3"},
       {"op": "add", "path": "userType", "value": "t1"},
       {"op": "add", "path": "nickName", "value": "t2"},
       {"op": "add", "path": "locale", "value": "t3"},
       {"op": "add", "path": "timezone", "value": "Africa/Lome"},
       {"op": "add", "path": "profileUrl", "value": "t5"}]
      """
    Then the response status is 200
    And the value at "displayName" is "a"
    And the value at "name.givenName" is "Cora"
    And the value at "emails[type=work].value" is "val{unique}b@beer.co.uk"
    And the value at "phoneNumbers[type=fax].value" is "72-003"

  @ENTRA-VAL-07
  Scenario: userName is replaced without a path
    Given the user "ada" exists
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","value":{"userName":"val{unique}c@beer.co.uk"}}'
    Then the response status is 200
    And the value at "userName" is "val{unique}c@beer.co.uk"

  @ENTRA-VAL-08
  Scenario: A user is disabled, and still read and found
    Given the user "ada" exists
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'
    Then the response status is 200
    And the SCIM user "ada" is inactive
    And the client sends GET '/Users?filter=userName eq "{ada.userName}"'
    And the list holds exactly "ada"
    And the value at "Resources[0].active" is the JSON "false"

  @ENTRA-VAL-09
  Scenario: A manager is added
    Given the users "ada, grace" exist
    When the client patches "/Users/{ada}" with the operation '{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":"{grace}"}}'
    Then the response status is 200
    And the SCIM user "ada" has "{grace}" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value"

  @ENTRA-VAL-10
  Scenario: A manager is replaced
    Given the users "ada, grace, joan" exist
    And the client patches "/Users/{ada}" with the operation '{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":"{grace}"}}'
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":"{joan}"}}'
    Then the response status is 200
    And the SCIM user "ada" has "{joan}" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value"

  @ENTRA-VAL-11
  Scenario: A manager is removed by an empty value
    Given the users "ada, grace" exist
    And the client patches "/Users/{ada}" with the operation '{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":"{grace}"}}'
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":""}}'
    Then the response status is 200
    And the client sends GET "/Users/{ada}"
    And the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value" does not contain "{grace}"

  @ENTRA-VAL-12
  Scenario: A user is deleted
    Given the user "ada" exists
    When the client sends DELETE "/Users/{ada}"
    Then the response status is 204
    And the SCIM user "ada" is gone

  @ENTRA-VAL-P1
  Scenario: Several operations on different attributes
    Given the user "ada" exists
    When the client patches "/Users/{ada}" with:
      """
      [{"op": "add", "path": "displayName", "value": "First"}, {"op": "replace", "path": "title", "value": "Second"}]
      """
    Then the response status is 200
    And the value at "displayName" is "First"
    And the value at "title" is "Second"

  @ENTRA-VAL-P2
  Scenario: Several operations on one attribute
    Given the user "ada" exists
    When the client patches "/Users/{ada}" with:
      """
      [{"op": "replace", "path": "displayName", "value": "First"}, {"op": "replace", "path": "displayName", "value": "Second"}]
      """
    Then the response status is 200
    And the value at "displayName" is "Second"

  @ENTRA-VAL-P3
  Scenario: A user who is not there cannot be deleted
    When the client sends DELETE "/Users/6a0b8c9e-2f0d-4d8a-9f51-0c7be44c1a5d"
    Then the response status is 404

  @ENTRA-VAL-P4
  Scenario: A user cannot be deleted twice
    Given the user "ada" exists
    And the client sends DELETE "/Users/{ada}"
    When the client sends DELETE "/Users/{ada}"
    Then the response status is 404
