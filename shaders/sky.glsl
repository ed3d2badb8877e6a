// A clear late afternoon: a gradient from horizon to zenith with a warm haze around the sun.
uniform vec3 sun_direction;  // from the ground to the sun, unit
uniform vec3 sun_color;
uniform vec3 zenith_color;
uniform vec3 horizon_color;

vec3 sky_radiance(vec3 direction) {
    float height = max(direction.z, 0.0);
    float t = 1.0 - height;
    float t2 = t * t;
    vec3 color = mix(zenith_color, horizon_color, t2 * t2);
    float toward_sun = max(dot(direction, sun_direction), 0.0);
    float halo = toward_sun * toward_sun;
    halo *= halo;
    return color + sun_color * (0.055 * halo * halo + 0.03 * halo);
}
