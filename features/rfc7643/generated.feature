@rfc @generated
Feature: Every advertised attribute
  RFC 7643 sections 6 and 7. These scenarios walk the target's own /ResourceTypes and /Schemas, so that they reach
  extensions and resource types that nobody here has heard of. Each attribute is reported by its name.

  @RFC7643-7-R13
  Scenario Outline: Every advertised attribute can be <deed>
    Then every advertised attribute can be "<deed>"

    Examples:
      | id                         | deed     |
      | walk-create                | created  |
      | walk-replace               | replaced |

  @RFC7643-7-R13
  Scenario Outline: Every advertised attribute can be <deed> by PATCH
    Given the target advertises "patch"
    Then every advertised attribute can be "<deed>"

    Examples:
      | id                         | deed     |
      | walk-patch-add             | added    |
      | walk-patch-replace         | changed  |
      | walk-patch-remove          | removed  |

  @RFC7643-7-R13
  Scenario: Walk sub-attributes by PATCH
    Given the target advertises "patch"
    Then every advertised attribute can be "changed in part"

  @RFC7643-7-R13
  Scenario: Walk required
    Then every attribute advertised as "required" is kept so

  @alone @RFC7643-7-R11
  Scenario: Walk references
    Then every advertised attribute can be "referred to"

  @alone
  Scenario Outline: Walk filter <operators>
    Given the target advertises "filter"
    Then every advertised attribute can be filtered with "<operators>"

    @RFC7644-3.4.2.2-R7
    Examples:
      | id      | operators |
      | walk-eq | eq        |

    @RFC7644-3.4.2.2-R8
    Examples:
      | id      | operators |
      | walk-ne | ne        |

    @RFC7644-3.4.2.2-R9
    Examples:
      | id        | operators  |
      | walk-text | co, sw, ew |

    @RFC7644-3.4.2.2-R12
    Examples:
      | id      | operators |
      | walk-pr | pr        |

    @RFC7644-3.4.2.2-R13
    Examples:
      | id         | operators      |
      | walk-order | gt, ge, lt, le |

  @alone @RFC7644-3.4.2.2-R2
  Scenario: Walk filters that match nothing
    Given the target advertises "filter"
    Then every advertised attribute can be "told apart by a filter"

  @alone @RFC7643-7-R14
  Scenario: Walk caseExact
    Given the target advertises "filter"
    Then every attribute advertised as "caseExact" is kept so

  @RFC7644-3.9-R1
  Scenario: Walk attributes
    Then every advertised attribute can be "asked for"

  @RFC7644-3.9-R2
  Scenario: Walk excludedAttributes
    Then every advertised attribute can be "left out"

  @RFC7643-7-R17
  Scenario: Walk readOnly
    Then every attribute advertised as "readOnly" is kept so

  @RFC7643-7-R18
  Scenario: Walk immutable
    Then every attribute advertised as "immutable" is kept so

  @RFC7643-7-R20
  Scenario: Walk returned always
    Then every attribute advertised as "always" is kept so

  @RFC7643-7-R21
  Scenario: Walk returned never
    Then every attribute advertised as "never" is kept so

  @RFC7643-7-R22
  Scenario: Walk returned on request
    Then every attribute advertised as "request" is kept so

  @RFC7643-7-R24
  Scenario: Walk uniqueness
    Then every attribute advertised as "unique" is kept so
