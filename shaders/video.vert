#version 330
#ifdef BACKDROP
uniform vec2 backdrop_size;     // as a part of the picture's width and height
#else
uniform mat4 p3d_ModelViewProjectionMatrix;
#endif

in vec4 p3d_Vertex;
in vec2 p3d_MultiTexCoord0;
out vec2 uv;

void main() {
    uv = p3d_MultiTexCoord0;
#ifdef BACKDROP
    // Behind everything, over as much of the picture as its shape allows.
    gl_Position = vec4(p3d_Vertex.xy * backdrop_size, 1.0, 1.0);
#else
    gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
#endif
}
