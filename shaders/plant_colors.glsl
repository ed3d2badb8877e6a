// The few colours of a plant, each with one meaning (ISA-101): set once for the whole scene.
uniform vec3 display_background; // display values
uniform vec3 display_accent;     // what a person has chosen
uniform vec3 display_red;        // alarm of high priority, failed
uniform vec3 display_amber;      // alarm of medium priority, waits for a person
uniform vec3 display_magenta;    // alarm of low priority, not known
uniform vec3 linear_red;
uniform vec3 linear_amber;
uniform vec3 linear_magenta;

// 1: low, 2: medium, 3: high, 4: not known.
vec3 alarm_color(float code) {
    return code > 3.5 || code < 1.5 ? display_magenta : code > 2.5 ? display_red : display_amber;
}
