// Scene radiance to display values. It lives in every material, so that each buffer shows the same colours.
uniform float exposure;

// One rational curve that is film response and display encoding together: a short toe, a long shoulder, no pow().
// Radiance 0.18 goes to 0.47 of the display's range, 1 to 0.84, and infinity to 1.
vec3 tone_map(vec3 radiance) {
    vec3 x = radiance * exposure;
    vec3 x2 = 21.0 * x * x;
    return (x2 + 0.49 * x) / (x2 + 4.47 * x + 0.01);
}
